/** The desk of meetings: requests, the day's set-ups, rooms, blocks, use, and the displays at the doors. */
import { del, download, get, post, put } from '@/api/http'
import { one, transit } from '@/api/orders'
import { exchange } from '@/api/wire'
import { addDays } from '@/text/time'

const MOST = 100 // items a page may hold
const WINDOW = 31 // days that a schedule may span
const AHEAD = 366 // days within which rooms are booked

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

/** Meetings and series that wait for the desk. */
const startOf = (order) => Date.parse(order.data.starts_at)

/** What waits for approval, the next to begin first. */
export const requests = () =>
  all('/inbox').then((orders) =>
    orders.filter((order) => order.can.includes('approve')).sort((a, b) => startOf(a) - startOf(b)),
  )
const rivals = (id) => get(`/meetings/${id}/rivals`).then((list) => list.items)

/** `{ order, meetings, rivals }`: a request with the meetings it asks for and what an approval would refuse. */
export async function request({ id, kind }) {
  if (kind === 'meeting') {
    const [order, others] = await Promise.all([one(id), rivals(id)])
    return { order, meetings: [order], rivals: others }
  }
  const { order, children } = await get(`/meetings/series/${id}`)
  const meetings = children.filter((child) => child.state === 'requested')
  const found = await Promise.all(meetings.map((child) => rivals(child.id)))
  return { order, meetings, rivals: [...new Map(found.flat().map((each) => [each.order_id, each])).values()] }
}

/** Approves a meeting or a series, and refuses the rivals that were shown. */
export const approve = (order, refuses) => transit(order, 'approve', { refuses }, order.version)
export const refuse = (order, reason) => transit(order, 'refuse', { reason }, order.version)

export const daySheet = (date, building) => get('/meetings/desk/day', { date, building })
export const daySheetFile = (date, building) => download('/meetings/desk/day/sheet', { date, building })
export const moveService = (id, name) => post(`/meetings/${id}/${name}`, {})

export const rooms = () => all('/meetings/rooms')
export const room = (id) => get(`/meetings/rooms/${id}`)
export const saveRoom = (id, body) => put(`/meetings/rooms/${id}`, body)
export const disableRoom = (id, body) => post(`/meetings/rooms/${id}/disable`, body)
export const enableRoom = (id) => post(`/meetings/rooms/${id}/enable`, {})

/** The first `count` meetings to come in a room, from a date on: as many as there are within a year. */
export async function coming(id, from, count) {
  const found = []
  for (let day = 0; day < AHEAD && found.length < count; day += WINDOW) {
    const query = { from: addDays(from, day), to: addDays(from, day + WINDOW - 1) }
    const { items } = await get(`/meetings/rooms/${id}/schedule`, query)
    found.push(...items.filter((line) => ['requested', 'booked', 'offered'].includes(line.state)))
  }
  return found
}

export const makeDisplay = (id) => post(`/meetings/rooms/${id}/display`, {})
export const endDisplay = (id) => del(`/meetings/rooms/${id}/display`)

export const blocks = () => all('/meetings/blocks')
export const block = (id) => get(`/meetings/blocks/${id}`)
export const addBlock = (body, key) => post('/meetings/blocks', body, { key })
export const keepMeeting = (id, orderId) => post(`/meetings/blocks/${id}/keeps`, { order_id: orderId })
export const liftBlock = (id) => del(`/meetings/blocks/${id}`)

/** Another room for a booked meeting, as it stands now. */
export async function moveMeeting(id, roomId, note) {
  const { version } = await one(id)
  return post(`/meetings/${id}/move`, { room_id: roomId, note }, { version })
}

/** Ends a meeting to come: what is only asked for is refused, all else is called off. */
export const callOff = ({ order_id: id, state }, reason) =>
  post(`/meetings/${id}/${state === 'requested' ? 'refuse' : 'call_off'}`, { reason })

export const usage = (query) => get('/meetings/usage', query)
export const usageFile = (query) => download('/meetings/usage/sheet', query)

/** What hangs at a door. Its address is the key: nobody is signed in. */
export const display = (key) => exchange({ path: `/meetings/displays/${key}` }).then((reply) => reply.data)
