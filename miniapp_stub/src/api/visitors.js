/** Visitors, as those who invite them need them; and a visitor's own page, without a session. */
import { download, get, post, upload } from '@/api/http'
import { transit } from '@/api/orders'
import { API, exchange } from '@/api/wire'

const listOf = (path) => get(path).then((list) => list.items)

/** What can be chosen: only what is in use. */
export const types = () => listOf('/visitors/types').then((all) => all.filter((type) => type.enabled))
export const gates = () => listOf('/visitors/gates').then((all) => all.filter((gate) => gate.enabled))

export const invite = (body, key) => post('/visitors', body, { key })
export const inviteGroup = (body, key) => post('/visitors/groups', body, { key })
/** `{ members, errors: [{ row, detail }] }`: what a list says, before anything is kept. */
export const readPasted = (text) => post('/visitors/groups/pasted', { text })
export const readSheet = (file) => upload('/visitors/groups/sheet', file)
export const emptySheet = () => download('/visitors/groups/sheet')
export const group = (id) => get(`/visitors/groups/${id}`)

/** My visits that lie ahead (or go on), or that are over. */
export const mine = (when, after) => get('/visitors/mine', { when, limit: 50, after })
/** An invitation like that one, without its times. */
export const again = (id) => get(`/visitors/${id}/again`)
/** `{ code, codes }`: one to print, and those of the next two minutes. */
export const codes = (id) => get(`/visitors/${id}/codes`)
export const passPicture = (id) => download(`/visitors/${id}/pass.png`)
export const change = (order, body) => transit(order, 'change', body, order.version)

// Whoever has the link may see and fill in; there is no session, and none is started.
const open = (link, rest, more) =>
  exchange({ path: `/visitors/passes/${encodeURIComponent(link)}${rest}`, ...more }).then(
    (reply) => reply.data,
  )
export const pass = (link) => open(link, '')
export const fillIn = (link, body) => open(link, '/fill_in', { method: 'POST', body })
/** Where the picture of a pass is to be had. */
export const passPictureAt = (link) => `${API}/visitors/passes/${encodeURIComponent(link)}/pass.png`
