/** The words of a clerk's order for colleagues. */
import { day, moment, span } from '@/text/time'

const STATES = {
  placed: ['已代订', 'primary', '每位同事各有一张订单，可自行修改或取消'],
  cancelled: ['已取消', 'faint', '同事自己改动过的订单不受影响'],
}

const TRANSITIONS = {
  cancel: {
    label: '全部取消',
    tone: 'danger',
    confirm: '同事自己没有改动过的订单会一并取消，确定吗？',
    done: '已取消',
  },
}

const STEPS = { place: '代订', cancel: '全部取消' }

const nameOf = (result) => result.name || result.employee_no
const booked = (order) => (order.data.results || []).filter((result) => result.outcome === 'booked')

function summary(order) {
  const { canteen, meal, date, starts_at: from, ends_at: to } = order.data
  return {
    title: `代订 · ${canteen.name} ${meal.name}`,
    when: `${day(date)} ${span(from, to)}`,
    more: `${booked(order).length} 人`,
  }
}

function facts(order) {
  const { results = [] } = order.data
  const refused = results.filter((result) => result.outcome !== 'booked')
  return [
    ['订上', booked(order).map(nameOf).join('、') || '没有人'],
    ...refused.map((result) => [nameOf(result), result.detail]),
    ['取消截止', moment(order.data.closes_at)],
  ]
}

export const mealBatch = {
  name: '代订餐',
  icon: 'people',
  service: 'meals',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  facts,
}
