/** The two clocks of a repair and whose time it was, in plain words. All minutes are business time. */
import { duration } from '@/text/room'
import { moment } from '@/text/time'

/** Parties of the ledger with the colour each has in the bar. */
export const PARTIES = [
  ['vendor', '维修方', 'primary'],
  ['requester', '报修方', 'accent'],
  ['parts', '等配件', 'note'],
  ['access', '进不了门', 'pale'],
]

export const partyName = (party) => PARTIES.find(([name]) => name === party)?.[1] || party

const whole = (ms) => Math.max(0, Math.ceil(ms / 60_000))

/**
 * How a clock stands: `{ words, note, tone }`. What the server counted is as of the moment it was asked;
 * until the due moment it can only shrink, so the shorter of both is told.
 */
export function clockWords(clock, now, done) {
  const over = clock.used - clock.target
  if (!clock.runs) {
    const how = `用时 ${duration(clock.used)}`
    if (!done) return { words: `计时已停，${how}`, note: `时限 ${duration(clock.target)}`, tone: 'faint' }
    return over > 0
      ? { words: `${how}，超时 ${duration(over)}`, note: `时限 ${duration(clock.target)}`, tone: 'danger' }
      : { words: `${how}，按时`, note: `时限 ${duration(clock.target)}`, tone: 'good' }
  }
  const until = clock.due_at ? Date.parse(clock.due_at) - now : 0
  if (over >= 0 || until <= 0)
    return { words: `已超时${over > 0 ? ` ${duration(over)}` : ''}`, note: dueWords(clock), tone: 'danger' }
  const rest = Math.min(clock.target - clock.used, whole(until))
  return {
    words: `还有 ${duration(rest)}`,
    note: dueWords(clock),
    tone: rest * 4 < clock.target ? 'accent' : 'good',
  }
}

const dueWords = (clock) => (clock.due_at ? `应在 ${moment(clock.due_at)} 前` : '')

/** The clock that matters for who works on it: `{ words, tone }` for a card. */
export function urgencyOf({ state, data }, now) {
  if (!data.ledger) return { words: '', tone: 'faint' }
  const waiting = state === 'reported'
  const { words, tone } = clockWords(waiting ? data.ledger.response : data.ledger.solution, now, false)
  return { words: `${waiting ? '响应' : '修复'}：${words}`, tone }
}
