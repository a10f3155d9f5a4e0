/** The words of a series of meetings. */
import { clock, day } from '@/text/time'
import { layoutName, placeOf } from '@/text/room'
import { patternWords } from '@/text/repeat'

const STATES = {
  running: ['系列进行中', 'primary', '每一次都有自己的订单，可以单独修改或取消'],
  proposed: ['等您确认', 'accent', '多次没有签到，还继续用吗？不确认将保留，请尽快答复'],
  cancelled: ['已取消', 'faint', '以后的各次已全部让出'],
  ended: ['已结束', 'good', '各次会议都已过去，或由新的系列接替'],
}

const REASON = { name: 'reason', label: '理由', type: 'text', required: true, placeholder: '申请人会看到' }

const TRANSITIONS = {
  change: { label: '修改系列', tone: 'plain', page: (order) => `/pages/meetings/book?series=${order.id}` },
  cancel: {
    label: '取消系列',
    tone: 'danger',
    confirm: '以后的各次都会取消，已经开过的不受影响，确定吗？',
    done: '已取消',
  },
  re_add: { hidden: true, label: '补回一次', tone: 'plain', done: '已补回' },
  approve: { label: '审批', tone: 'primary', page: (order) => `/pages/desk/requests?id=${order.id}` },
  refuse: { label: '全部不批准', tone: 'danger', title: '不批准这个系列', form: [REASON], done: '已处理' },
  keep: { label: '继续保留', tone: 'primary', done: '已保留' },
  release: {
    label: '让出系列',
    tone: 'danger',
    confirm: '以后的各次都会让给别人，确定吗？',
    done: '已让出',
  },
}

const STEPS = {
  place: '提交',
  change: '修改系列',
  cancel: '取消系列',
  re_add: '补回一次',
  approve: '批准',
  refuse: '未批准',
  propose_release: '多次未签到，询问是否让出',
  keep: '继续保留',
  release: '让出',
  settle: '审批完毕',
  replace: '由新的系列接替',
  end: '结束',
}

function summary(order) {
  const d = order.data
  return {
    title: `${d.subject || '会议'}（系列）`,
    when: [patternWords(d.repeat, d.starts_at), d.starts_at && `${clock(d.starts_at)}–${clock(d.ends_at)}`]
      .filter(Boolean)
      .join(' '),
    more: d.room?.name || '',
  }
}

const call = (order) => (order.state === 'proposed' ? '多次未签到，还继续用吗？' : '等待您审批')

function facts(order) {
  const d = order.data
  return [
    ['会议室', d.room && `${d.room.name} · ${placeOf(d.room)}`],
    ['重复', patternWords(d.repeat, d.starts_at)],
    ['到', d.repeat?.until && day(d.repeat.until)],
    ['次数', d.repeat?.count && `${d.repeat.count} 次`],
    ['人数', d.attendees && `${d.attendees} 人`],
    ['预订人', order.names?.[order.owner]],
    ['布置', d.layout && layoutName(d.layout)],
    ['备注', d.note],
  ].filter(([, value]) => value)
}

const links = ({ data }) => [
  ['原来的系列', data.continues],
  ['接替它的系列', data.continued_by],
]

export const meetingSeries = {
  name: '系列会议',
  icon: 'repeat',
  service: 'meetings/series',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  call,
  facts,
  links,
}
