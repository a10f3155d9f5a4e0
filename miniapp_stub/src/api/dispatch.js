/** Repairs as dispatchers and the administration see them: the board, technicians, duty, rules, vendors. */
import { one, transit } from '@/api/orders'
import { download, get, post, put } from '@/api/http'

const listOf = (path, query) => get(path, query).then((list) => list.items)

/** `[{ state, count, items, next }, ...]`, of one state or of all that are open. */
export const board = (query) => get('/repairs/board', query).then((answer) => answer.columns)

export const ledger = (id) => get(`/repairs/${id}/ledger`)
/** Tickets of which an interval is disputed: those that wait for a decision, or with `settled` the others. */
export const disputes = (query) => listOf('/repairs/disputes', query)

/** Not bound to a version: whatever happened to it meanwhile, such as a reminder, it is given to somebody. */
export const assign = (order, body) => transit(order, 'assign', body)
export const move = (order, name, body) => transit(order, name, body, order.version)

/** The same for a ticket of which only the id is known: on the version it has now. */
export const moveById = async (id, name, body) => move(await one(id), name, body)

export const hands = () => listOf('/repairs/hands')
export const saveHand = (id, body) => put(`/repairs/hands/${id}`, body)
export const loads = () => listOf('/repairs/loads')
export const duty = (from, to) => listOf('/repairs/duty', { from, to })
export const saveDuty = (body) => put('/repairs/duty', body)

/** `{ items, hours }`: every category with its rules, and the names of business hours. */
export const catalogue = () => get('/repairs/catalogue')
export const saveCategory = (id, body) => put(`/repairs/categories/${id}`, body)

export const vendors = () => listOf('/repairs/vendors')
export const saveVendor = (id, body) => put(`/repairs/vendors/${id}`, body)
export const endContract = (id, on) => post(`/repairs/vendors/${id}/end`, { on })

/** `{ count, average, items }` of a vendor's ratings: `{ vendor, from, to }`. */
export const ratings = (query) => get('/repairs/ratings', query)

/** `{ from, to, items }` of the vendors the reader may see; each figure names its first 500 tickets. */
export const figures = (query) => get('/repairs/figures', query)
export const figuresFile = (query) => download('/repairs/figures/sheet', query)
/** The tickets reported in a period, as a spreadsheet. */
export const ticketsFile = (query) => download('/repairs/export', query)
