/** The words of a visit: states, buttons, headline and facts; and of a group of visits. */
import { WEEKDAYS } from '@/text/repeat'
import { clock, dateOf, day, moment, span } from '@/text/time'

const TO_LEAVE = '安保撤销了凭证，请陪访客离开，离开后不能再入场'
const LATE = '已过约定时间，请提醒访客离开'

const STATES = {
  requested: ['待审批', 'accent', '批准后凭证才能使用，访客可以先通过链接填写信息'],
  announced: ['前台等候', 'accent', '访客已在前台，请尽快确认是否接待'],
  expected: [
    '待到访',
    'primary',
    ({ data }) => (data.visitor.phone ? '访客凭链接或凭证入场' : '没有访客的手机号，请把链接发给访客'),
  ],
  inside: [
    '已到访',
    'good',
    ({ data }) => (data.revoked_at ? TO_LEAVE : data.overstayed ? LATE : arrival(data)),
  ],
  left: ['已离开', 'good', '当天还可以再次入场'],
  refused: ['未批准', 'danger', '这次来访没有被批准，原因见下方经过'],
  lapsed: ['已过期', 'faint', '到时仍未审批，如仍需要请重新邀请'],
  cancelled: ['已取消', 'faint', '凭证已失效，访客已收到通知'],
  revoked: ['已撤销', 'danger', '安保撤销了凭证，原因见下方经过'],
  missed: ['未到访', 'faint', '访客当天没有来'],
  ended: ['已结束', 'good', '来访已结束'],
}

const arrival = ({ fetched_at: fetched, in_at: at }) =>
  fetched ? '已告知前台有人去接' : `${at ? clock(at) : ''} 已入场，请去接访客`

const REASON = { name: 'reason', label: '理由', type: 'text', required: true, max: 200 }

const TRANSITIONS = {
  approve: { label: '批准', tone: 'primary', confirm: '批准后访客凭证立即可用，确定吗？', done: '已批准' },
  refuse: {
    label: '不批准',
    tone: 'danger',
    title: '不批准这次来访',
    form: [{ ...REASON, placeholder: '邀请人会看到' }],
    done: '已处理',
  },
  confirm: { label: '同意接待', tone: 'primary', done: '已告知前台' },
  decline: {
    label: '不接待',
    tone: 'danger',
    confirm: undefined,
    title: '不接待这位访客',
    form: [{ ...REASON, placeholder: '前台会看到，例如：正在外出' }],
    done: '已告知前台',
  },
  fetch: { label: '我去接', tone: 'primary', done: '已告知前台' },
  change: {
    label: '修改',
    tone: 'plain',
    page: (order) => `/pages/visitors/invite?change=${order.id}`,
  },
  reissue: {
    label: '换发凭证',
    tone: 'plain',
    confirm: '原来的凭证和链接立即失效，访客会收到新的链接，确定吗？',
    done: '已换发',
  },
  cancel: {
    label: '取消来访',
    tone: 'danger',
    confirm: '凭证立即失效，访客会收到通知，确定吗？',
    done: '已取消',
    in: {
      requested: { label: '撤回申请', tone: 'plain', confirm: '确定撤回这次申请吗？', done: '已撤回' },
      announced: { hidden: true }, // not to receive them says why
    },
  },
  revoke: {
    label: '撤销凭证',
    tone: 'danger',
    title: '撤销这张凭证',
    form: [{ ...REASON, placeholder: '邀请人会看到' }],
    done: '已撤销',
    in: { inside: { title: '撤销凭证，请访客离开', done: '已撤销，前台和接待人会收到通知' } },
  },
  admit: { hidden: true, label: '放行' },
  leave: { hidden: true, label: '登记离开' },
  turn_away: {
    label: '请访客离开',
    tone: 'danger',
    confirm: '接待人没有应答，确定请访客离开吗？',
    done: '已登记',
  },
}

const STEPS = {
  place: ({ data }) => (data.walk_in ? '前台登记' : '邀请'),
  approve: '批准',
  refuse: '未批准',
  pass_on: '超时未批，已转安保和主管部门',
  lapse: '到时未批，已过期',
  confirm: '同意接待',
  decline: '不接待',
  call: '接待人未应答，已转告代办人和单位负责人',
  turn_away: '无人应答，已请访客离开',
  change: '修改',
  fill_in: '填写信息',
  reissue: '换发凭证',
  admit: '入场',
  leave: '离场',
  fetch: '有人去接',
  unfetched: '无人接待，已提醒',
  overstay: '超时未离，已提醒',
  renew: '转到下一个来访日',
  miss: '未到访',
  close: '当天结束',
  end: '结束',
  close_up: '事项已结束，离开后不再入场',
  cancel: '取消',
  revoke: '安保撤销凭证',
}

/** `周一至周五 至 12月31日` */
export function repeatWords(repeat) {
  if (!repeat) return ''
  const days = [...repeat.weekdays].sort()
  const run = days.length > 2 && days.at(-1) - days[0] === days.length - 1
  const names = run
    ? `周${WEEKDAYS[days[0] - 1]}至周${WEEKDAYS[days.at(-1) - 1]}`
    : `周${days.map((one) => WEEKDAYS[one - 1]).join('、')}`
  return `${days.length === 7 ? '每天' : names}，到 ${day(repeat.until)}`
}

// What a visitor said is removed some weeks after the visit.
export const isScrubbed = ({ scrubbed_at: at }) => Boolean(at)

/** `李玥 等 3 人` */
export function whoWords(data) {
  const { visitor, companions } = data
  const name = isScrubbed(data) ? '访客（信息已清除）' : visitor.name
  return companions ? `${name} 等 ${companions + 1} 人` : name
}

/** `11月23日 周一 09:00–11:00`, with 今天 or 明天 where it helps. */
export const whenWords = ({ starts_at: from, ends_at: to }, today) =>
  `${day(dateOf(from), today)} ${span(from, to)}`

/** `南门、北门` */
export const gateWords = (gates = []) => gates.map((gate) => gate.name).join('、')

const summary = (order) => ({
  title: whoWords(order.data),
  when: whenWords(order.data),
  more: [order.data.purpose, order.data.repeat && '长期通行'].filter(Boolean).join(' · '),
})

function call(order) {
  if (order.state === 'announced') return `在${gateWords(order.data.gates)}求见，请确认是否接待`
  return order.state === 'requested' && '等待您审批'
}

function facts(order) {
  const d = order.data
  const along = d.companion_list?.map((one) => one.name).join('、')
  return [
    ['接待人', order.names?.[order.owner] || d.host?.name],
    ['电话', d.visitor.phone],
    ['车牌', d.visitor.plate],
    ['同行', d.companions > 0 && (along || `${d.companions} 人`)],
    ['携带物品', d.belongings],
    ['类型', d.type?.name],
    ['长期通行', repeatWords(d.repeat)],
    ['出入口', gateWords(d.gates)],
    ['访客须知', d.agreed_at ? `访客已于 ${moment(d.agreed_at)} 同意` : ''],
    ['入场', d.in_at && moment(d.in_at)],
    ['离场', d.out_at && moment(d.out_at)],
  ].filter(([, value]) => value)
}

const links = (order) => [['所属团组', order.parent]]

/** Where a person stands in time: counted down on the order page. */
function deadline({ state, data }) {
  if (state === 'announced') return { at: data.answer_by, label: '等候剩余', over: '等候已超时' }
  if (state === 'inside') return { at: data.ends_at, label: '距离场', over: '已过约定时间' }
  if (state === 'expected') return { at: data.starts_at, label: '距来访', over: '已到约定时间' }
  return null
}

export const visit = {
  name: '访客',
  icon: 'visitor',
  service: 'visitors',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  call,
  facts,
  links,
  deadline,
}

export const visitGroup = {
  name: '访客团组',
  icon: 'people',
  service: 'visitors',
  states: {
    placed: ['已邀请', 'primary', '每位访客都有自己的凭证，可以单独修改或取消'],
    cancelled: ['已取消', 'faint', '尚未到访的凭证都已失效'],
  },
  transitions: {
    cancel: {
      label: '全部取消',
      tone: 'danger',
      confirm: '尚未到访的凭证全部失效，访客会收到通知，确定吗？',
      done: '已取消',
    },
  },
  steps: { place: '邀请', cancel: '全部取消' },
  summary: ({ data }) => ({
    title: `${data.purpose}（${data.members} 人）`,
    when: whenWords(data),
    more: repeatWords(data.repeat),
  }),
  facts: ({ data }) =>
    [
      ['人数', `${data.members} 人`],
      ['出入口', gateWords(data.gates)],
      ['长期通行', repeatWords(data.repeat)],
    ].filter(([, value]) => value),
}
