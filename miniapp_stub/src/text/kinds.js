/**
 * What the phone knows of each kind of order. A service adds one text file and one line here;
 * a kind without a file is still listed and opened, with plain words.
 */
import { meal } from '@/text/meal'
import { mealBatch } from '@/text/meal-batch'
import { meeting } from '@/text/meeting'
import { meetingSeries } from '@/text/meeting-series'
import { meetingService } from '@/text/meeting-service'
import { meetingSwap } from '@/text/meeting-swap'
import { repair } from '@/text/repair'
import { visit, visitGroup } from '@/text/visit'
import { COMMON, unknown } from '@/text/transitions'
import { moment } from '@/text/time'

const plain = (name, icon, service) => ({ name, icon, service })

const KINDS = {
  meal,
  meal_batch: mealBatch,
  meeting,
  meeting_series: meetingSeries,
  meeting_service: meetingService,
  meeting_swap: meetingSwap,
  repair,
  visit,
  visit_group: visitGroup,
  loan: plain('图书', 'book', 'library'),
  grocery: plain('厨房快递', 'basket', 'kitchen'),
}

const kindOf = (kind) => KINDS[kind] || plain('服务', 'list', `${kind}s`)

export const serviceOf = (kind) => kindOf(kind).service
export const kindName = (kind) => kindOf(kind).name
export const kindIcon = (kind) => kindOf(kind).icon

/** `{ label, tone, hint }` of an order's state; a hint may depend on the order. */
export function stateOf(order) {
  const [label, tone, hint] = kindOf(order.kind).states?.[order.state] || ['处理中', 'faint', '']
  return { label, tone, hint: typeof hint === 'function' ? hint(order) : hint }
}

/** `{ title, when, more }` for a card in a list. */
export function summaryOf(order) {
  const { summary, name } = kindOf(order.kind)
  return summary ? summary(order) : { title: name, when: moment(order.created_at), more: '' }
}

/** What the inbox asks of a person who has to decide about an order. */
export const callOf = (order) => kindOf(order.kind).call?.(order) || '等待您处理'

/** `[[label, value], ...]` for the order page. */
export const factsOf = (order) =>
  kindOf(order.kind).facts?.(order) || [['提交时间', moment(order.created_at)]]

/** `[[label, order id], ...]`: other orders that this one belongs to. */
export const linksOf = (order) => (kindOf(order.kind).links?.(order) || []).filter(([, id]) => id)

export const deadlineOf = (order) => kindOf(order.kind).deadline?.(order) || null

/** The button of one transition in an order's `can`. */
export function buttonOf(order, name) {
  const look = kindOf(order.kind).transitions?.[name] || COMMON[name] || unknown(name)
  return { name, ...look, ...look.in?.[order.state], ...look.of?.(order) }
}

/** What a timeline entry says happened; it may depend on the order. */
export function stepOf(order, name) {
  const step = kindOf(order.kind).steps?.[name]
  return (typeof step === 'function' ? step(order) : step) || COMMON[name]?.label || '更新'
}
