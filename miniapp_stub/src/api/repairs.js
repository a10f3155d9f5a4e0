/** Repairs, as who reports and who repairs need them. What dispatchers decide is elsewhere. */
import { get, post, upload } from '@/api/http'

const listOf = (path, query) => get(path, query).then((list) => list.items)

export const categories = () => listOf('/repairs/categories')
/** The tree of buildings, floors and rooms. */
export const places = () => listOf('/repairs/places')
export const assetByCode = (code) => get(`/repairs/assets/by-code/${encodeURIComponent(code)}`)

export const report = (body, key) => post('/repairs', body, { key })
/** Open tickets of the same asset or place, without names. */
export const similar = (about) => listOf('/repairs/similar', about)
export const join = (id) => post(`/repairs/${id}/join`)

/** `{ bytes, type }` of a picture or a sound; gives the id it is named by. */
export const sendPhoto = (file) => upload('/repairs/photos', file).then((kept) => kept.id)
export const sendVoice = (file) => upload('/repairs/voice', file).then((kept) => kept.id)

export const ledger = (id) => get(`/repairs/${id}/ledger`)
/** My tickets and those of my pools, by state: `[{ state, count, items }, ...]`. */
export const board = () => get('/repairs/board').then((answer) => answer.columns)
/** The technicians a ticket of mine can be handed to. */
export const colleagues = () => listOf('/repairs/colleagues')
/** The parts I have checked out. */
export const stock = () => listOf('/repairs/stock')
/** A number that reaches the other side without showing theirs: `{ number, expires_at }`. */
export const call = (id) => post(`/repairs/${id}/call`)

/** One act on a ticket, safe to send again with the same key. */
export const act = (id, transition, body, said) => post(`/repairs/${id}/${transition}`, body, said)
