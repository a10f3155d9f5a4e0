/** Meeting rooms and meetings, as whoever books them needs them. */
import { del, get, post } from '@/api/http'

const listOf = (path, query) => get(path, query).then((list) => list.items)

/** Rooms by `{ building, seats, equipment, starts_at, ends_at }`; with times, each says whether it is free. */
export const rooms = (wanted, after) => get('/meetings/rooms', { limit: 100, ...wanted, after })
export const room = (id) => get(`/meetings/rooms/${id}`)
export const schedule = (id, from, to) => listOf(`/meetings/rooms/${id}/schedule`, { from, to })
/** What is taken in every room: minutes of the day, by room and date. */
export const grid = (from, days, building) => get('/meetings/grid', { from, days, building })
/** Other times in the same room, and other rooms at the same time. */
export const suggestions = (wanted) => listOf('/meetings/suggestions', wanted)

export const book = (body, key) => post('/meetings', body, { key })
export const bookSeries = (body, key) => post('/meetings/series', body, { key })
export const previewSeries = (body) => post('/meetings/series/preview', body).then((answer) => answer.results)
export const series = (id) => get(`/meetings/series/${id}`)
export const askToSwap = (body, key) => post('/meetings/swaps', body, { key })
export const preempt = (body, key) => post('/meetings/emergencies', body, { key })

export const services = (meeting) => listOf(`/meetings/${meeting}/services`)
export const addService = (meeting, body, key) => post(`/meetings/${meeting}/services`, body, { key })

/** What stands behind the code at a room's door, for who scanned it. */
export const door = (code) => get('/meetings/rooms/door', { door: code })
export const checkInAt = (code) => post('/meetings/check-ins', { door: code })

export const feed = () => get('/meetings/calendar')
export const makeFeed = () => post('/meetings/calendar')
export const endFeed = () => del('/meetings/calendar')
