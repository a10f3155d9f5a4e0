/** Visitors as those see them who keep the gates: scans, lists, walk-ins, notes; and what security sets up. */
import { del, download, get, post, put } from '@/api/http'

const MOST = 100 // items a page may hold
const SCAN_MS = 4000 // a visitor is standing there: after that the desk decides by its copy

const listOf = (path, query) => get(path, query).then((list) => list.items)

export const gates = () => listOf('/visitors/gates')
export const types = () => listOf('/visitors/types')

/** `{ decision, reason, text, visit, check_face, repeated, who }`; the same `scan_id` is the same scan. */
export const scan = (body) => post('/visitors/scans', body, { timeout: SCAN_MS })

/** `{ items, counts, as_of }` of a gate; `list` is one of them, or `q` finds in all. */
export const visits = (query) => get('/visitors/desk/visits', query)
export const step = (visit, name, body) =>
  post(`/visitors/${visit.id}/${name}`, body, { version: visit.version })
/** In or out by hand: what the state allows counts, not what was seen of it. */
export const pass = (visit, name, body) => post(`/visitors/${visit.id}/${name}`, body)
export const announce = (body, key) => post('/visitors/walk-ins', body, { key })
export const unmask = (id, reason) => post(`/visitors/${id}/unmask`, { reason })
export const badge = (id) => download(`/visitors/${id}/badge.pdf`)
export const notes = (gate) => listOf('/visitors/desk/notes', { gate })
export const addNote = (gate, text) => post('/visitors/desk/notes', { gate, text })

/** `{ as_of, total, zones: [{ zone, buildings, count, people }] }` */
export const evacuation = () => get('/visitors/evacuation')

/** What a desk without network needs, and what it did meanwhile: `signed` is what its key proves. */
export const copy = (signed) => post('/visitors/desk/copy', signed)
export const sendScans = (signed, scans) =>
  post('/visitors/desk/scans', { ...signed, scans }).then((reply) => reply.results)

export const devices = () => listOf('/visitors/devices')
/** The device with its `key`, which is told this once. */
export const addDevice = (body) => post('/visitors/devices', body)
export const revokeDevice = (id) => del(`/visitors/devices/${id}`)

export const saveGate = (id, body) => put(`/visitors/gates/${id}`, body)
export const saveType = (id, body) => put(`/visitors/types/${id}`, body)

export const blocks = () => listOf('/visitors/blacklist')
export const addBlock = (body) => post('/visitors/blacklist', body)
export const liftBlock = (id) => del(`/visitors/blacklist/${id}`)

export const log = (query, after) => get('/visitors/log', { ...query, limit: 30, after })
export const logFile = (query) => download('/visitors/log.xlsx', query)
export const events = (query, after) => get('/visitors/events', { ...query, limit: 30, after })

export const vehicles = (after) => get('/visitors/vehicles', { limit: MOST, after })
export const saveVehicle = (plate, body) => put(`/visitors/vehicles/${encodeURIComponent(plate)}`, body)
export const dropVehicle = (plate) => del(`/visitors/vehicles/${encodeURIComponent(plate)}`)
