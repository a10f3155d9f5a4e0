/**
 * A technician's tickets as this phone last saw them, so that the work can go on in a cellar. What waits to
 * be sent is shown as if it were done.
 */
import { board as loadBoard, stock as loadStock, colleagues as loadColleagues } from '@/api/repairs'
import { one } from '@/api/orders'
import { session } from '@/state/session'
import { waitingOf } from '@/state/outbox'

const STORED_AS = 'tickets'
const MOST = 20
const STOCK_MS = 600_000 // after which what is on hand is read again

// What a ticket will be once an act is sent, and what its technician may do then.
const AFTER = {
  start: ['started', ['finish', 'pause', 'revisit', 'remark']],
  pause: ['paused', ['resume', 'remark']],
  revisit: ['paused', ['resume', 'remark']],
  resume: ['started', ['finish', 'pause', 'revisit', 'remark']],
  finish: ['fixed', []],
}

function all() {
  const stored = uni.getStorageSync(STORED_AS)
  return stored?.by === session.person?.id ? stored : { by: session.person?.id, orders: {} }
}

const save = (changes) => uni.setStorageSync(STORED_AS, { ...all(), ...changes })

const mine = (order) => order.kind === 'repair' && order.assignee === session.person?.id

function keepOrder(order) {
  const { orders } = all()
  if (mine(order)) orders[order.id] = { order, at: Date.now() }
  else delete orders[order.id]
  save({ orders: Object.fromEntries(Object.entries(orders).slice(-MOST)) })
}

/** An order; of my own tickets the copy on the phone where there is no network, with `keptAt`. */
export async function readOrder(id) {
  try {
    const order = await one(id)
    keepOrder(order)
    return order
  } catch (problem) {
    const known = all().orders[id]
    if (!problem.unanswered || !known) throw problem
    return { ...known.order, keptAt: known.at }
  }
}

/**
 * An order as it will be when all that waits is sent; `waiting` says how many acts that are. Once one of them
 * was refused nobody knows, and the order is shown as it is.
 */
export function ahead(order) {
  const acts = waitingOf(order.id)
  if (!acts.length) return order
  if (acts.some((one) => one.state === 'stuck')) return { ...order, waiting: acts.length }
  const [state, can] = acts.reduce(
    (known, { transition }) => AFTER[transition] || known,
    [order.state, order.can || []],
  )
  return { ...order, state, can, waiting: acts.length }
}

async function orKept(name, load) {
  try {
    const value = await load()
    save({ [name]: value, [`${name}At`]: Date.now() })
    return { value, keptAt: 0 }
  } catch (problem) {
    const known = all()
    if (!problem.unanswered || !known[name]) throw problem
    return { value: known[name], keptAt: known[`${name}At`] }
  }
}

const ofMine = (columns) =>
  columns.flatMap((column) => column.items).filter((row) => row.assignee === session.person?.id)

/** The board; what I work on is read whole, so that it is there without a network. */
export async function readBoard() {
  const { value, keptAt } = await orKept('board', loadBoard)
  if (!keptAt) readAhead(ofMine(value))
  return { columns: value, keptAt }
}

async function readAhead(rows) {
  const { orders: known, stockAt = 0 } = all()
  if (Date.now() - stockAt > STOCK_MS) await readStock().catch(() => {})
  for (const { id, version } of rows.slice(0, MOST))
    if (known[id]?.order.version !== version) await readOrder(id).catch(() => {})
}

export const readStock = () => orKept('stock', loadStock).then((found) => found.value)
export const readColleagues = () => orKept('colleagues', loadColleagues).then((found) => found.value)
