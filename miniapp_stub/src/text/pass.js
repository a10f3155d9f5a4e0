/** What a visitor reads on the page of their pass, by the state of the visit. */
import { clock, dateOf, day, moment, span } from '@/text/time'

const STATES = {
  requested: ['等待审批', 'accent', '审批通过后会短信通知您，请保留此页面'],
  announced: ['等待接待人确认', 'accent', '请在前台稍候，接待人正在确认'],
  expected: ['可以来访', 'primary', ''],
  inside: ['已入场', 'good', '离开时请在出口再次出示'],
  left: ['已离开', 'good', '当天还可以凭此页面再次入场'],
  refused: ['未获批准', 'faint', '这次来访没有被批准，请联系邀请您的人'],
  lapsed: ['已过期', 'faint', '来访时间已过，如仍需来访请联系邀请您的人'],
  cancelled: ['来访已取消', 'faint', '凭证已失效，如有疑问请联系邀请您的人'],
  revoked: ['凭证已失效', 'faint', '这张凭证不能再使用，请联系邀请您的人'],
  missed: ['已过期', 'faint', '来访时间已过，如仍需来访请联系邀请您的人'],
  ended: ['来访已结束', 'faint', '感谢来访，凭证已失效'],
}
const TO_LEAVE = { title: '请尽快离开', tone: 'accent', text: '凭证已失效，下面的码只能用于离场' }
const OVER = ['refused', 'lapsed', 'cancelled', 'revoked', 'missed', 'ended']

export const isOver = ({ state }) => OVER.includes(state)

/** Whether the visitor has still to fill in and to agree. */
export const isAsked = ({ can, agreed }) => can.includes('fill_in') && !agreed

/** Whether the time has passed though nobody has ended the visit yet. */
export const isLate = ({ state, ends_at: ends, repeat }, now) =>
  state === 'expected' && !repeat && now >= Date.parse(ends)

/** `{ title, tone, text }` at the head of the page; `now` in milliseconds. */
export function headOf(pass, now) {
  const [title, tone, text] = STATES[pass.state] || ['处理中', 'faint', '']
  if (pass.state === 'inside' && pass.once_out === 'revoked') return TO_LEAVE
  if (pass.state !== 'expected') return { title, tone, text }
  if (isAsked(pass))
    return { title: '还差一步', tone: 'accent', text: '填写并同意访客须知后，这里就是您的通行码' }
  const opens = Date.parse(pass.opens_at)
  if (isLate(pass, now)) return { title: '已过来访时间', tone: 'faint', text: '如仍需来访请联系邀请您的人' }
  if (now >= opens) return { title: '现在可以入场', tone: 'good', text: '到门岗后请出示下面的动态码' }
  const at = dateOf(opens) === dateOf(now) ? clock(opens) : moment(opens)
  return { title, tone, text: `${at} 起可以入场，到门岗后出示下面的动态码` }
}

/** Of the other members of a group: `[word, tone]`; and how many of all, the lead too, have come. */
const FELLOWS = {
  coming: ['未到', 'faint'],
  inside: ['已到', 'good'],
  left: ['已离开', 'faint'],
  off: ['不来了', 'faint'],
}
export const fellowWord = ({ state }) => FELLOWS[state]
const CAME = ['inside', 'left']
export function attendance({ state, fellows }) {
  const all = [{ state }, ...fellows].filter((one) => one.state !== 'off')
  return `已到 ${all.filter((one) => CAME.includes(one.state)).length} / ${all.length} 人`
}

/** `11月23日 今天` and `09:00–11:00`, large on the pass. */
export const timeOf = (pass, now) => ({
  day: day(dateOf(pass.starts_at), dateOf(now)),
  hours: span(pass.starts_at, pass.ends_at),
})
