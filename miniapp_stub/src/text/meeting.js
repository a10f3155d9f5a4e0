/** The words of meetings: states, buttons, headline and facts. */
import { clock, day, moment, span } from '@/text/time'
import { layoutName, placeOf } from '@/text/room'

const STATES = {
  requested: ['待审批', 'accent', '会务审批后会通知您'],
  waiting: ['候补中', 'accent', '会议室空出来时会通知您，请留意消息'],
  offered: ['等您确认', 'accent', '会议室已为您留出，请在时限内确认'],
  booked: [
    '已预订',
    'primary',
    (order) => (order.data?.check_in ? '到场后请在门口扫码签到，逾时会释放' : '会议室已为您留好'),
  ],
  in_use: ['进行中', 'good', '提前结束请点「结束会议」，把时间让给别人'],
  finished: ['已结束', 'good', '会议室用得顺利吗？给会务提点意见'],
  rated: ['已评价', 'good', '感谢您的评价'],
  refused: ['未批准', 'danger', '会务没有批准这次预订'],
  lapsed: ['已过期', 'faint', '没有在时限内确认或批准'],
  left: ['已退出候补', 'faint', '您已退出候补'],
  cancelled: ['已取消', 'faint', '会议室已让出'],
  called_off: ['会务已取消', 'danger', '会务取消了这次会议，请另选时间或会议室'],
  released: ['未签到释放', 'danger', '没有按时签到，会议室已让给别人'],
  displaced: ['已被征用', 'danger', '因紧急会议，会议室已被征用'],
}

const BOOK_PAGE = (order) => `/pages/meetings/book?change=${order.id}`

// One meeting of a series is left out alone, with those after it, or with all that are still to come.
const SCOPE_FORM = {
  confirm: undefined,
  title: '取消哪些？',
  note: '已经开过的会不受影响。',
  form: [
    {
      name: 'scope',
      label: '范围',
      type: 'choice',
      required: true,
      options: [
        ['this', '只取消这一次'],
        ['following', '这一次和以后的'],
        ['all', '整个系列'],
      ],
    },
  ],
}

function scopedCancel(order, { scope }) {
  if (scope === 'this') return { order, body: {} }
  const series = { id: order.data.series.id, kind: 'meeting_series' }
  return { order: series, body: scope === 'all' ? {} : { from: order.data.date } }
}

const REASON = { name: 'reason', label: '理由', type: 'text', required: true, max: 500 }

const TRANSITIONS = {
  change: { label: '修改', tone: 'plain', page: BOOK_PAGE },
  cancel: {
    label: '取消会议',
    tone: 'danger',
    confirm: '会议室会让给其他人，茶水等服务一并取消，确定吗？',
    done: '已取消',
    of: (order) => order.data.series && { ...SCOPE_FORM, target: scopedCancel },
    in: {
      requested: { label: '撤回申请', tone: 'plain', confirm: '确定撤回这次申请吗？', done: '已撤回' },
      waiting: {
        label: '退出候补',
        tone: 'plain',
        confirm: '退出后需要重新排队，确定吗？',
        done: '已退出候补',
      },
      offered: { label: '放弃', tone: 'plain', confirm: '会议室会让给下一位，确定吗？', done: '已放弃' },
    },
  },
  accept: { label: '确认使用', tone: 'primary', done: '已预订' },
  check_in: { label: '签到', tone: 'primary', done: '已签到' },
  finish: {
    label: '结束会议',
    tone: 'plain',
    confirm: '结束后剩余的时间会让给别人，确定吗？',
    done: '会议已结束',
  },
  approve: { label: '审批', tone: 'primary', page: (order) => `/pages/desk/requests?id=${order.id}` },
  refuse: {
    label: '不批准',
    tone: 'danger',
    title: '不批准这次预订',
    form: [{ ...REASON, placeholder: '申请人会看到' }],
    done: '已处理',
  },
  call_off: {
    label: '取消此会议',
    tone: 'danger',
    title: '取消这次会议',
    note: '将通知预订人和与会人。',
    form: [{ ...REASON, placeholder: '预订人会看到' }],
    done: '已取消',
  },
  move: {
    label: '换会议室',
    tone: 'plain',
    title: '换到哪一间？',
    form: [
      { name: 'room_id', label: '会议室', type: 'room', required: true },
      { name: 'note', label: '说明', type: 'text', placeholder: '预订人会看到', max: 500 },
    ],
    done: '已换会议室',
  },
}

const STEPS = {
  place: '提交',
  approve: '批准',
  refuse: '未批准',
  lapse: '过期',
  offer: '会议室空出，等待确认',
  accept: '确认使用',
  change: '修改',
  move: '会务换会议室',
  cancel: '取消',
  call_off: '会务取消',
  check_in: '签到',
  release: '未签到，自动释放',
  remind: '提醒',
  finish: '结束',
  swap: '与他人互换会议室',
  displace: '紧急征用',
  rate: '评价',
}

const people = (names) => names.map((one) => one.name).join('、')
const guestWords = (guests) => guests.map(({ name, phone }) => `${name} ${phone}`).join('、')

function summary(order) {
  const { room, date, subject, starts_at: from, ends_at: to, attendees } = order.data
  return {
    title: subject || '会议',
    when: `${day(date)} ${span(from, to)}`,
    more: [room.name, attendees && `${attendees} 人`].filter(Boolean).join(' · '),
  }
}

/** What the inbox asks of a person, where there is a limit. */
function call(order) {
  const { offer_until: until } = order.data
  if (order.state === 'requested') return '等待您审批'
  return until && `会议室空出来了 · ${clock(until)} 前确认`
}

function facts(order) {
  const d = order.data
  return [
    ['会议室', `${d.room.name} · ${placeOf(d.room)}`],
    ['预订人', order.names?.[order.owner]],
    ['同事', d.invited?.length && people(d.invited)],
    ['外部来宾', d.guest_list ? guestWords(d.guest_list) : d.guests > 0 && `${d.guests} 人`],
    ['布置', d.layout && layoutName(d.layout)],
    ['备注', d.note],
    ['公开', d.private && '仅显示「已占用」'],
    ['候补位次', d.place_in_queue && `第 ${d.place_in_queue} 位`],
    ['确认时限', d.offer_until && `${clock(d.offer_until)} 前`],
    ['签到时间', order.state === 'booked' && d.check_in && span(d.check_in.from, d.check_in.until)],
    ['签到于', d.checked_in_at && moment(d.checked_in_at)],
    ['结束于', d.finished_at && moment(d.finished_at)],
    ['紧急事由', d.emergency],
  ].filter(([, value]) => value)
}

/** Where a person stands in time: counted down on the order page. */
function deadline(order) {
  const { offer_until: offer, starts_at: starts, ends_at: ends } = order.data
  if (order.state === 'offered' && offer) return { at: offer, label: '确认剩余' }
  if (order.state === 'booked') return { at: starts, label: '距开始', over: '已到开始时间' }
  if (order.state === 'in_use') return { at: ends, label: '距结束', over: '已到结束时间' }
  return null
}

const links = (order) => [['所属系列', order.data.series?.id]]

export const meeting = {
  name: '会议室',
  icon: 'meeting',
  service: 'meetings',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  call,
  facts,
  links,
  deadline,
}
