/** The words of meal orders: states, buttons, headline and facts. */
import { day, span, moment, clock } from '@/text/time'
import { yuan } from '@/text/money'

const STATES = {
  booked: ['已订餐', 'primary', '用餐时向取餐口出示餐码'],
  waiting: ['候补中', 'accent', '有名额时会通知您，请留意消息'],
  offered: ['等您确认', 'accent', '已为您留出名额，请在时限内确认'],
  eaten: ['已用餐', 'good', '吃得好吗？给食堂提点意见'],
  rated: ['已评价', 'good', '感谢您的评价'],
  missed: ['未取餐', 'danger', '订了没有来取。如有原因可以申诉'],
  appealed: ['申诉中', 'accent', '管理员正在处理您的申诉'],
  pardoned: ['申诉通过', 'good', '本次不计入未取餐次数'],
  upheld: ['申诉未通过', 'danger', '本次计入未取餐次数'],
  cancelled: ['已取消', 'faint', '名额已让出'],
  called_off: ['本餐停供', 'danger', '食堂取消了这一餐，不计未取餐'],
  left: ['已退出候补', 'faint', '您已退出候补'],
  lapsed: ['确认超时', 'faint', '名额已让给下一位候补'],
}

const TRANSITIONS = {
  cancel: {
    label: '取消订餐',
    tone: 'danger',
    confirm: '取消后名额会让给其他人，确定取消吗？',
    done: '已取消订餐',
    in: {
      waiting: {
        label: '退出候补',
        tone: 'plain',
        confirm: '退出后需要重新排队，确定吗？',
        done: '已退出候补',
      },
      offered: {
        label: '放弃名额',
        tone: 'plain',
        confirm: '名额会让给下一位，确定吗？',
        done: '名额已让出',
      },
    },
  },
  change: {
    label: '修改',
    tone: 'plain',
    versioned: true,
    page: (order) => `/pages/meals/order?change=${order.id}`,
  },
  hand_over: {
    label: '转给同事',
    tone: 'plain',
    title: '把这一餐转给谁？',
    note: '已过截止时间，不能取消，但可以转给同事，不浪费。',
    form: [{ name: 'employee_no', label: '同事', type: 'colleague', required: true }],
    done: '已转给同事',
  },
  accept: { label: '确认用餐', tone: 'primary', done: '已订餐' },
  appeal: {
    label: '申诉',
    tone: 'plain',
    title: '说明没有取餐的原因',
    form: [
      {
        name: 'reason',
        label: '原因',
        type: 'text',
        required: true,
        placeholder: '例如：临时外出开会',
        max: 500,
      },
    ],
    done: '申诉已提交',
  },
  pardon: {
    label: '同意申诉',
    tone: 'primary',
    title: '同意这次申诉',
    form: [{ name: 'note', label: '说明', type: 'text', placeholder: '可不填', max: 500 }],
    done: '已同意',
  },
  uphold: {
    label: '不予通过',
    tone: 'danger',
    title: '不通过这次申诉',
    form: [
      { name: 'note', label: '理由', type: 'text', required: true, placeholder: '申诉人会看到', max: 500 },
    ],
    done: '已处理',
  },
  redeem: { label: '核销取餐', tone: 'primary', confirm: '确认此单已取餐？', done: '已核销' },
  undo: { label: '撤销核销', tone: 'danger', confirm: '撤销后此单恢复为未取餐。', done: '已撤销' },
  deliver: { label: '确认送达', tone: 'primary', confirm: '确认餐已送到？', done: '已送达' },
  call_off: { label: '取消此单', tone: 'danger', confirm: '将通知订餐人，确定吗？', done: '已取消' },
}

const STEPS = {
  place: '提交',
  offer: '名额到位，等待确认',
  accept: '确认用餐',
  lapse: '超时未确认',
  cancel: '取消订餐',
  change: '修改订餐',
  hand_over: '转给同事',
  redeem: '取餐',
  undo: '撤销取餐',
  deliver: '送达',
  rate: '评价',
  miss: '未取餐',
  appeal: '申诉',
  pardon: '同意申诉',
  uphold: '申诉未通过',
  call_off: '食堂取消',
}

/** `1号楼 一层大厅`: every building has a hall on its first floor. */
export const placeWords = ({ building, name }) => [building, name].filter(Boolean).join(' ')

const dishLine = (dishes = []) =>
  dishes.map((d) => (d.count > 1 ? `${d.name}×${d.count}` : d.name)).join('、')

function summary(order) {
  const { canteen, meal, date, starts_at: from, ends_at: to, portions, deliver_to: place } = order.data
  const where = place && `送至 ${placeWords(place)}`
  return {
    title: `${canteen.name} · ${meal.name}`,
    when: `${day(date)} ${span(from, to)}`,
    more: [`${portions} 份`, where, dishLine(order.data.dishes)].filter(Boolean).join(' · '),
  }
}

/** What the inbox asks of a person, where there is a limit. */
const call = ({ data }) => data.offer_until && `等待您处理 · ${clock(data.offer_until)} 前确认`

function facts(order) {
  const d = order.data
  return [
    ['份数', `${d.portions} 份`],
    ['菜品', dishLine(d.dishes)],
    ['取餐方式', d.deliver_to ? `送至 ${placeWords(d.deliver_to)}` : '到食堂取餐'],
    ['候补位次', d.place_in_queue && `第 ${d.place_in_queue} 位`],
    ['确认时限', d.offer_until && `${clock(d.offer_until)} 前`],
    ['修改截止', d.closes_at && moment(d.closes_at)],
    ['取餐时间', d.redeemed_at && moment(d.redeemed_at)],
    ['金额', order.price !== undefined && order.price !== null && `${yuan(order.price)}（食堂现场结算）`],
  ].filter(([, value]) => value)
}

/** Where a person stands in time: counted down on the order page. */
function deadline(order) {
  const { offer_until: offer, closes_at: closes } = order.data
  if (order.state === 'offered' && offer) return { at: offer, label: '确认剩余' }
  if (['booked', 'waiting'].includes(order.state)) return { at: closes, label: '距截止' }
  return null
}

export const meal = {
  name: '订餐',
  icon: 'meal',
  service: 'meals',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  call,
  facts,
  deadline,
}
