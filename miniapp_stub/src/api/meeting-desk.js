/** The desk of meetings: requests, the day's set-ups, rooms, blocks, use, and the displays at the doors. */
import { del, download, get, post, put } from '@/api/http'
import { exchange } from '@/api/wire'

const MOST = 100 // items a page may hold

/** Every item of a list, page after page. */
async function all(path, query) {
  const items = []
  let after
  do {
    const page = await get(path, { ...query, limit: MOST, after })
    items.push(...page.items)
    after = page.next
  } while (after)
  return items
}

const WAITS = ['meeting', 'meeting_series']

/** Meetings and series that wait for the desk. */
export const requests = () =>
  all('/inbox').then((orders) => orders.filter((order) => WAITS.includes(order.kind)))
export const rivals = (id) => get(`/meetings/${id}/rivals`).then((list) => list.items)

const step = (order, name, body) => post(`/meetings/${order.id}/${name}`, body, { version: order.version })

/** Approves a meeting and refuses the rivals that were shown; a series is approved as a whole. */
export const approve = (order, refuses) => step(order, 'approve', order.kind === 'meeting' ? { refuses } : {})
export const refuse = (order, reason) => step(order, 'refuse', { reason })

export const daySheet = (date, building) => get('/meetings/desk/day', { date, building })
export const daySheetFile = (date, building) => download('/meetings/desk/day/sheet', { date, building })
export const moveService = (id, name) => post(`/meetings/${id}/${name}`, {})

export const rooms = () => all('/meetings/rooms')
export const room = (id) => get(`/meetings/rooms/${id}`)
export const saveRoom = (id, body) => put(`/meetings/rooms/${id}`, body)
export const disableRoom = (id, body) => post(`/meetings/rooms/${id}/disable`, body)
export const enableRoom = (id) => post(`/meetings/rooms/${id}/enable`, {})
export const makeDisplay = (id) => post(`/meetings/rooms/${id}/display`, {})
export const endDisplay = (id) => del(`/meetings/rooms/${id}/display`)

export const blocks = () => all('/meetings/blocks')
export const block = (id) => get(`/meetings/blocks/${id}`)
export const addBlock = (body, key) => post('/meetings/blocks', body, { key })
export const keepMeeting = (id, orderId) => post(`/meetings/blocks/${id}/keeps`, { order_id: orderId })
export const liftBlock = (id) => del(`/meetings/blocks/${id}`)
export const moveMeeting = (id, roomId, note) => post(`/meetings/${id}/move`, { room_id: roomId, note })
export const callOff = (id, reason) => post(`/meetings/${id}/call_off`, { reason })

export const usage = (query) => get('/meetings/usage', query)
export const usageFile = (query) => download('/meetings/usage/sheet', query)

/** What hangs at a door. Its address is the key: nobody is signed in. */
export const display = (key) => exchange({ path: `/meetings/displays/${key}` }).then((reply) => reply.data)
