/** What the desk of meetings calls things. */
import { quantityOf, sortName } from '@/text/meeting-service'
import { clock, dateOf, day, span } from '@/text/time'

/** `11月23日 周一 09:00–10:30`; over midnight both ends are told in full. */
export function when({ starts_at: from, ends_at: to }) {
  const [first, last] = [dateOf(from), dateOf(to)]
  if (first === last) return `${day(first)} ${span(from, to)}`
  return `${day(first)} ${clock(from)} – ${day(last)} ${clock(to)}`
}

/** What a meeting is about, as far as its reader may know. */
export const subjectOf = (meeting) => meeting.subject || '（不公开的会议）'

/** What a service of a meeting asks for, in one line: `茶水 20 份 · 少放糖`. */
export function serviceLine(service) {
  const what = [sortName(service.service), quantityOf(service)].filter(Boolean).join(' ')
  return [what, service.note].filter(Boolean).join(' · ')
}

/** What can be done with the meetings in a room that is taken out of use. */
export const AFFECTED = [
  ['keep', '照常进行', '已订的会议不受影响，只是不再接受新的预订'],
  ['move', '换到别的会议室', '逐个换到合适的会议室；没有合适的会取消并通知'],
  ['cancel', '取消并通知', '取消这些会议，参会人都会收到原因'],
]

export const SHUT_WHY = '例如：投影检修'

/** `12.5`, from minutes. */
export const hours = (minutes) => String(Math.round(minutes / 6) / 10)

/** `43%`, from a share of 1. */
export const percent = (share) => `${Math.round(share * 100)}%`
