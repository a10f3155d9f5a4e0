/** The words of repairs: states, buttons, headline and facts. */
import { moment } from '@/text/time'
import { yuan } from '@/text/money'
import { duration } from '@/text/room'

const STATES = {
  reported: ['待接单', 'accent', '正在等维修人员接单'],
  taken: ['已接单', 'primary', '维修人员已接单，即将上门'],
  started: ['维修中', 'primary', '维修人员正在处理'],
  paused: ['暂停中', 'accent', '暂时不能继续，原因见下'],
  fixed: ['待验收', 'good', '已修好，请看看是否满意'],
  accepted: ['已验收', 'good', '修得怎么样？给维修人员提点意见'],
  rated: ['已评价', 'good', '感谢您的评价'],
  cancelled: ['已取消', 'faint', '这次报修已取消'],
  merged: ['已合并', 'faint', '与另一单相同，已合并处理，进展照样通知您'],
}

export const PAUSES = [
  ['parts', '等配件'],
  ['requester', '等报修人'],
  ['access', '进不了门'],
  ['third_party', '等第三方'],
]

export const URGENCIES = [
  [1, '不着急'],
  [2, '一般'],
  [3, '紧急'],
]

const wordOf = (pairs, value) => pairs.find(([one]) => one === value)?.[1] || ''

const text = (name, label, more) => ({ name, label, type: 'text', max: 500, ...more })
const must = (name, label, placeholder) => text(name, label, { required: true, placeholder })
const PHOTOS = { name: 'photos', label: '照片', type: 'photos' }

// `offline`: kept on the phone while there is no network, and sent when it is back.
const WORK = {
  take: { label: '接单', tone: 'primary', done: '已接单' },
  start: { label: '开始维修', tone: 'primary', done: '已开始', offline: true },
  finish: {
    label: '完成维修',
    tone: 'primary',
    page: (order) => `/pages/repairs/finish?id=${order.id}`,
  },
  pause: {
    label: '暂停',
    tone: 'plain',
    title: '为什么要暂停？',
    note: '暂停期间不计入你们的用时，请如实说明并附上照片；进不了门的，必须有现场照片。',
    form: [
      { name: 'reason', label: '原因', type: 'choice', required: true, options: PAUSES },
      must('note', '说明', '例如：需更换的阀芯缺货，周三到货'),
      { name: 'until', label: '预计恢复', type: 'moment' },
      { ...PHOTOS, label: '凭证照片', most: 2, required: ({ reason }) => reason === 'access' },
    ],
    done: '已暂停',
    offline: true,
  },
  resume: { label: '继续维修', tone: 'primary', done: '已恢复', offline: true },
  ask: {
    label: '询问报修人',
    tone: 'plain',
    title: '想问什么？',
    note: '对方回复之前不计入你们的用时。',
    form: [must('question', '问题', '例如：办公室下午有人吗？')],
    done: '已发给报修人',
  },
  revisit: {
    label: '再次上门',
    tone: 'plain',
    title: '约好什么时候？',
    form: [
      { name: 'at', label: '上门时间', type: 'moment', required: true },
      text('note', '说明', { placeholder: '可不填' }),
    ],
    done: '已约好',
    offline: true,
  },
  hand_over: {
    label: '转给同事',
    tone: 'plain',
    title: '转给哪位同事？',
    form: [
      { name: 'person', label: '同事', type: 'hand', required: true },
      text('note', '交代', { placeholder: '同事会看到，可不填' }),
    ],
    done: '已转交',
  },
  give_back: {
    label: '退回',
    tone: 'danger',
    title: '退回这一单',
    form: [text('note', '原因', { placeholder: '可不填' })],
    done: '已退回',
  },
}

const OWNER = {
  urge: { label: '催一催', tone: 'plain', done: '已提醒维修人员' },
  cancel: {
    label: '取消报修',
    tone: 'danger',
    confirm: '问题已经解决了吗？取消后不再派人处理。',
    done: '已取消',
  },
  answer: {
    label: '回复',
    tone: 'primary',
    title: '回复维修人员',
    form: [must('note', '回复', '例如：下午两点后都在'), PHOTOS],
    done: '已回复',
  },
  accept: { label: '验收通过', tone: 'primary', confirm: '确认已经修好？', done: '已验收' },
  refuse: {
    label: '没修好',
    tone: 'danger',
    title: '哪里没有修好？',
    form: [must('reason', '说明', '维修人员会看到')],
    done: '已退回维修人员',
  },
  reopen: {
    label: '又坏了',
    tone: 'danger',
    title: '又出了什么问题？',
    form: [must('reason', '说明', '例如：今天早上又开始漏了')],
    done: '已重新报修',
  },
  remark: {
    label: '留言',
    tone: 'plain',
    title: '给这一单留言',
    form: [must('text', '留言', '单子上的人都会看到')],
    done: '已留言',
    offline: true,
  },
}

// Decided where the whole is seen: on the dispatcher's pages, and a dispute beside its interval.
const desk = (label, page) => ({
  label,
  tone: 'plain',
  page: (order) => `/pages/dispatch/${page}?id=${order.id}`,
})

const DESK = {
  assign: { ...desk('派单', 'assign'), tone: 'primary' },
  merge: desk('合并', 'merge'),
  change_category: desk('更改类别', 'recategory'),
  confirm_pause: {
    label: '确认暂停',
    tone: 'plain',
    confirm: '确认后可以一直暂停到约定的时间。',
    done: '已确认',
  },
  dispute: { label: '有异议', tone: 'plain', hidden: true },
  settle: desk('裁定用时', 'ledger'),
}

const STEPS = {
  place: '报修',
  take: '接单',
  assign: '派单',
  rotate: '轮到派单',
  start: '开始维修',
  pause: '暂停',
  ask: '询问报修人',
  answer: '报修人回复',
  revisit: '约定再次上门',
  resume: '继续维修',
  confirm_pause: '确认暂停',
  finish: '维修完成',
  accept: '验收通过',
  refuse: '验收未通过',
  rate: '评价',
  reopen: '又坏了，重新处理',
  give_back: '退回待接',
  release: '退回待派',
  hand_over: '转给同事',
  cancel: '取消',
  merge: '合并到另一单',
  absorb: '并入相同的一单',
  change_category: '更改类别',
  urge: '催单',
  join: '有人也遇到了',
  remark: '留言',
  escalate: '超时提醒',
  dispute: '对计时有异议',
  settle: '计时异议裁定',
}

/** `3 号楼 2 层 201` */
export const placeWords = ({ building, floor, room, text: more }) =>
  [building, floor && (/^-?\d+$/.test(floor) ? `${floor} 层` : floor), room, more].filter(Boolean).join(' ')

const ICONS = [
  [/水|渗|漏|卫/, 'water'],
  [/灯|照明/, 'light'],
  [/空调|暖|通风/, 'air'],
  [/电梯/, 'lift'],
  [/网|弱电|电话/, 'network'],
  [/电/, 'power'],
  [/门|窗|锁/, 'door'],
  [/桌|椅|柜|家具/, 'chair'],
]
const DRAWN = ICONS.map(([, icon]) => icon)

/** The icon of a category: the one it names, or by what its name says. */
export function categoryIcon(category) {
  if (DRAWN.includes(category?.icon)) return category.icon
  return ICONS.find(([words]) => words.test(category?.name || ''))?.[1] || 'wrench'
}

/** Whether it is still broken. */
export const isBroken = ({ state }) => ['reported', 'taken', 'started', 'paused'].includes(state)

/** Whether somebody has it on hand who can be called. */
export const hasTechnician = ({ state }) => ['taken', 'started', 'paused', 'fixed'].includes(state)

function summary({ data }) {
  const what = data.symptom?.name || data.fault
  return {
    title: `${data.category.name} · ${what}`,
    when: placeWords(data.location),
    more: data.symptom ? data.fault : '',
  }
}

function call(order) {
  if (order.state === 'fixed') return '已修好，请您验收'
  if (order.state === 'paused') return '维修人员有话问您'
  return order.state === 'reported' ? '等人接单' : '等待您处理'
}

const used = (materials = []) => materials.map((one) => `${one.name || one.part}×${one.count}`).join('、')

function pauseWords({ pause }) {
  return pause && `${wordOf(PAUSES, pause.reason)}：${pause.note}`
}

function facts(order) {
  const d = order.data
  return [
    ['设备', d.asset && `${d.asset.name}（${d.asset.code}）`],
    ['紧急程度', wordOf(URGENCIES, d.urgency)],
    ['报修人', order.names?.[order.owner]],
    ['报修时间', moment(order.created_at)],
    ['维修人员', d.hand?.name],
    ['服务单位', d.vendor?.name],
    ['暂停原因', pauseWords(d)],
    ['一起关注', d.watchers?.length > 0 && `${d.watchers.length} 人也遇到了`],
    ['返修', d.round > 0 && `第 ${d.round} 次返修`],
    ['重复故障', d.repeat && '不久前修过，同一问题再次出现'],
    ['处理结果', d.result],
    ['用料', used(d.materials)],
    ['工时', d.labour_minutes > 0 && duration(d.labour_minutes)],
    ['材料费', d.cost > 0 && yuan(d.cost)],
  ].filter(([, value]) => value)
}

const links = ({ data }) => [
  ['合并到的单子', data.merged_into],
  ['上一次维修', data.repeat_of],
]

/** Where a person stands in time; the two clocks of the repair stand by themselves. */
function deadline({ state, data }) {
  if (state === 'fixed' && data.accept_at)
    return { at: data.accept_at, label: '自动验收', over: '即将自动验收' }
  if (state === 'paused' && data.pause?.ends_at)
    return { at: data.pause.ends_at, label: '恢复计时', over: '即将恢复计时' }
  return null
}

export const repair = {
  name: '报修',
  icon: 'wrench',
  service: 'repairs',
  states: STATES,
  transitions: { ...WORK, ...OWNER, ...DESK },
  steps: STEPS,
  summary,
  call,
  facts,
  links,
  deadline,
}
