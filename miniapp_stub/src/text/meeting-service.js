/** The words of what is prepared for a meeting: tea, meals, seating, equipment, name plates, IT help. */
import { day, moment, span } from '@/text/time'

export const SORTS = {
  tea: { name: '茶水', unit: '份', hint: '口味、点心等' },
  meal: { name: '用餐', unit: '份', hint: '用餐时间、清真等' },
  seating: { name: '座位布置', unit: '', hint: '例如：主席台 5 人，留发言席' },
  equipment: { name: '设备', unit: '件', hint: '例如：2 支无线话筒' },
  name_plates: { name: '桌签', unit: '个', hint: '例如：双面', names: true },
  it: { name: '技术支持', unit: '', hint: '例如：接入视频会议' },
}

export const sortName = (sort) => SORTS[sort]?.name || '会议服务'

const STATES = {
  ordered: ['已提交', 'accent', '会务会在会前准备好'],
  ready: ['已备好', 'primary', '已准备就绪'],
  served: ['已完成', 'good', '服务得怎么样？给会务提点意见'],
  rated: ['已评价', 'good', '感谢您的评价'],
  refused: ['不能提供', 'danger', '会务不能提供这项服务'],
  cancelled: ['已取消', 'faint', '这项服务已取消'],
}

const TRANSITIONS = {
  prepare: { label: '已备好', tone: 'primary', done: '已备好' },
  serve: { label: '完成', tone: 'primary', done: '已完成' },
  refuse: {
    label: '不能提供',
    tone: 'danger',
    title: '不能提供这项服务',
    form: [{ name: 'reason', label: '理由', type: 'text', required: true, placeholder: '预订人会看到' }],
    done: '已处理',
  },
  cancel: { label: '取消', tone: 'danger', confirm: '不再需要这项服务？', done: '已取消' },
}

const STEPS = {
  place: '提交',
  prepare: '备好',
  refuse: '不能提供',
  cancel: '取消',
  move: '随会议调整',
  serve: '完成',
  rate: '评价',
}

/** What is sent for one service of the form: `{ service, quantity, note, items }`, empty parts left out. */
export function wishOf({ service, quantity, note = '', names = '' }) {
  const items = names
    .split(/[\n、,，]+/)
    .map((name) => name.trim())
    .filter(Boolean)
  const wish = { service }
  if (quantity) wish.quantity = Math.max(quantity, items.length)
  if (note.trim()) wish.note = note.trim()
  if (items.length) wish.items = items
  return wish
}

export const quantityOf = ({ service, quantity }) => quantity && `${quantity} ${SORTS[service]?.unit || ''}`

function summary(order) {
  const d = order.data
  return {
    title: [sortName(d.service), quantityOf(d)].filter(Boolean).join(' '),
    when: d.starts_at ? `${day(d.date)} ${span(d.starts_at, d.ends_at)}` : moment(order.created_at),
    more: [d.room?.name, d.subject].filter(Boolean).join(' · '),
  }
}

function facts(order) {
  const d = order.data
  return [
    ['服务', sortName(d.service)],
    ['数量', quantityOf(d)],
    ['会议', d.subject],
    ['会议室', d.room?.name],
    ['内容', d.items?.join('、')],
    ['备注', d.note],
  ].filter(([, value]) => value)
}

const links = (order) => [['所属会议', order.parent]]

export const meetingService = {
  name: '会议服务',
  icon: 'meeting',
  service: 'meetings',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  facts,
  links,
}
