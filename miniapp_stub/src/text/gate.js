/** The words of gates: answers to a scan, lists, and what security sets up. */
import { clock, dateOf, moment } from '@/text/time'

/** What a gate answered, as it is shown: colour by `tone`, always with an icon and a word. */
const WAITING = ['blacklisted'] // neither yes nor no: the visitor reads it, too
const ICONS = {
  'too-early': 'clock',
  expired: 'clock',
  'gate-closed': 'door',
  'wrong-gate': 'door',
  'already-in': 'exit',
  blacklisted: 'clock',
  'not-approved': 'clock',
}

export function lookOf({ decision, reason }) {
  if (decision === 'admit') return { tone: 'good', icon: 'check', word: '放行' }
  if (WAITING.includes(reason)) return { tone: 'wait', icon: 'clock', word: '等候' }
  return { tone: 'bad', icon: ICONS[reason] || 'cross', word: '未放行' }
}

/** Reasons, as the log and the list of conflicts call them. */
const REASONS = {
  ok: '正常',
  unknown: '无效的码',
  revoked: '凭证已失效',
  cancelled: '来访已取消',
  refused: '未获批准',
  'not-approved': '尚未批准',
  'too-early': '未到时间',
  expired: '已过时间',
  'wrong-gate': '出入口不对',
  'gate-closed': '出入口已关闭',
  'already-in': '重复入场',
  'not-inside': '没有入场记录',
  used: '静态码已使用',
  'stale-code': '动态码过期',
  replayed: '动态码重复',
  blacklisted: '黑名单',
  'no-entry': '无通行权限',
}
export const reasonWord = (reason) => REASONS[reason] || reason

export const WAYS = { in: '入场', out: '离场' }
export const HOWS = { static: '静态码', rotating: '动态码', manual: '人工', offline: '脱机', plate: '车牌' }
export const howWord = (how) => HOWS[how] || '其他'

export const LISTS = [
  ['expected', '待到'],
  ['inside', '在园'],
  ['left', '已离'],
  ['no_show', '未到'],
]
export const EMPTY = {
  expected: '今天没有待到的访客',
  inside: '现在没有访客在园',
  left: '今天还没有访客离开',
  no_show: '今天没有未到的访客',
}

const STATES = {
  requested: ['待审批', 'accent'],
  announced: ['等接待人答复', 'accent'],
  expected: ['待到', 'primary'],
  inside: ['在园', 'good'],
  left: ['已离', 'faint'],
  missed: ['未到', 'danger'],
  refused: ['已婉拒', 'danger'],
  revoked: ['已撤销', 'danger'],
  cancelled: ['已取消', 'faint'],
  lapsed: ['已过期', 'faint'],
  ended: ['已结束', 'faint'],
}
/** What is to be known of somebody inside whose pass is over: `[word, tone]`, or null. */
const LEAVING = { revoked: ['已撤销，请其离开', 'danger'], ended: ['事项已结束', 'accent'] }
export const leavingWord = ({ state, once_out: out }) => (state === 'inside' && LEAVING[out]) || null

export const stateWord = (state) => STATES[state] || ['处理中', 'faint']

/** `王** 等 3 人` */
export const partyOf = ({ visitor, companions }) =>
  companions ? `${visitor.name} 等 ${companions + 1} 人` : visitor.name

/** The same where it stays on the screen: `王**` */
export const maskedPartyOf = (visit) =>
  partyOf({ ...visit, visitor: { name: visit.visitor.name.slice(0, 1) + '**' } })

const GONE = ['left', 'ended', 'revoked']

/** Of a member of a group: `领队`, or `王**的团组`; else empty. */
export const groupWord = ({ lead, leads }) => (leads ? '领队' : lead ? `${lead}的团组` : '')

/** When somebody comes, came or left: `09:00–12:00`, `09:12 入场`. */
export function timeOf(visit) {
  if (visit.state === 'inside' && visit.in_at) return `${when(visit.in_at, visit.starts_at)} 入场`
  if (GONE.includes(visit.state) && visit.out_at) return `${clock(visit.out_at)} 离场`
  return `${clock(visit.starts_at)}–${clock(visit.ends_at)}`
}
const when = (at, day) => (dateOf(at) === dateOf(day) ? clock(at) : moment(at))

export const WEEKDAYS = [
  [1, '一'],
  [2, '二'],
  [3, '三'],
  [4, '四'],
  [5, '五'],
  [6, '六'],
  [7, '日'],
]

export const SIDES = [
  ['east', '东'],
  ['south', '南'],
  ['west', '西'],
  ['north', '北'],
]

/** `每天`, `周一至周五`, `周一、三、五` */
export function daysWord(days) {
  const sorted = [...days].sort()
  if (sorted.length === 7) return '每天'
  if (sorted.join() === '1,2,3,4,5') return '周一至周五'
  return '周' + sorted.map((day) => WEEKDAYS[day - 1][1]).join('、')
}

export const STAGES = [
  ['leader', '单位负责人'],
  ['security', '安保'],
]
export const approvalWord = (stages) =>
  stages.length ? stages.map((stage) => STAGES.find(([name]) => name === stage)[1]).join(' → ') : '无需审批'

/** How long somebody may stay who comes without an invitation, in minutes. */
export const STAYS = [
  [30, '半小时'],
  [60, '1 小时'],
  [120, '2 小时'],
  [240, '半天'],
  [480, '一天'],
]

export const DEVICES = [
  ['desk', '前台电脑'],
  ['gate', '闸机或摄像头'],
]

/** Messages that security must see at once. */
export const ALARMS = ['黑名单到访', '扫码异常']
