/** What dispatchers and the administration call things about repairs. */
import { wordOf } from '@/text/options'
import { PAUSES, repair } from '@/text/repair'
import { duration } from '@/text/room'
import { moment } from '@/text/time'

const MINUTE_MS = 60_000

/** The columns of the board. */
export const COLUMNS = ['reported', 'taken', 'started', 'paused', 'fixed'].map((state) => [
  state,
  repair.states[state][0],
])

export const DISPATCH = [
  ['grab', '抢单'],
  ['assign', '派单'],
  ['rotate', '轮派'],
]
export const dispatchName = (name) => DISPATCH.find(([value]) => value === name)?.[1] || name

export const IMPACTS = [
  [1, '个人'],
  [2, '一个处室'],
  [3, '多个处室'],
]

export const pauseName = (reason) => PAUSES.find(([value]) => value === reason)?.[1] || reason

/** 5 is the most urgent. */
export const PRIORITIES = [
  ['5', '特急'],
  ['4', '紧急'],
  ['3', '较急'],
  ['2', '一般'],
  ['1', '不急'],
]
export const priorityName = (priority) => PRIORITIES.find(([value]) => value === String(priority))?.[1] || ''

export const hoursName = wordOf

export const NOTIFIED = [
  ['assignee', '维修人员'],
  ['dispatcher', '调度'],
  ['manager', '管理人员'],
]
export const CLOCKS = [
  ['response', '响应'],
  ['solution', '修复'],
]

/**
 * How a ticket stands with its targets: `{ tone, words, due }`. Red where a clock has run out, amber where
 * less is left than the category's `warn_minutes`; a clock that stands says so. Minutes are business time:
 * what was used is as of the ticket's last step, and until the due moment it can only have grown.
 */
export function clockOf({ data, state }, now) {
  const { response, solution } = data.ledger
  const [name, clock] = response.runs ? ['响应', response] : ['修复', solution]
  if (!clock.runs) {
    if (!clock.met) return { tone: 'danger', words: '修复超时', due: '' }
    if (state === 'paused') return { tone: 'faint', words: '计时已停', due: '' }
    return response.met
      ? { tone: 'faint', words: '按时修好', due: '' }
      : { tone: 'danger', words: '响应超时', due: '' }
  }
  const due = `应在 ${moment(clock.due_at)} 前${name}`
  const wall = Math.ceil((Date.parse(clock.due_at) - now) / MINUTE_MS)
  if (wall <= 0) return { tone: 'danger', words: `${name}已超时`, due }
  const rest = Math.min(clock.target - clock.used, wall)
  return { tone: rest <= data.warn_minutes ? 'accent' : 'good', words: `${name}还有 ${duration(rest)}`, due }
}

/** A level of escalation: `修复到期前 1 小时`. */
export function levelWords({ on, minutes }) {
  const clock = on === 'response' ? '响应' : '修复'
  if (!minutes) return `${clock}到期时`
  return `${clock}到期${minutes < 0 ? '前' : '后'} ${duration(Math.abs(minutes))}`
}
