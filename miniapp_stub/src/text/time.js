/**
 * Dates and times as people on campus say them. Everything is shown in campus time (UTC+8, no summer
 * time), whatever zone the phone is set to.
 */
const CAMPUS_OFFSET_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

const two = (n) => String(n).padStart(2, '0')
const campus = (moment) =>
  new Date((typeof moment === 'number' ? moment : Date.parse(moment)) + CAMPUS_OFFSET_MS)
const plain = (date) => new Date(date + 'T00:00:00Z')
const iso = (d) => `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`

/** `2026-11-23`, the campus date of a moment (RFC 3339 or milliseconds). */
export const dateOf = (moment) => iso(campus(moment))

/** `11:30` */
export function clock(moment) {
  const d = campus(moment)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`
}

export const weekday = (date) => WEEKDAYS[plain(date).getUTCDay()]
export const dayOfMonth = (date) => plain(date).getUTCDate()
export const addDays = (date, n) => iso(new Date(plain(date).getTime() + n * DAY_MS))

/** `11月23日 周一`, with 今天 or 明天 where it helps. */
export function day(date, today) {
  const d = plain(date)
  const near = today && { [today]: '今天', [addDays(today, 1)]: '明天' }[date]
  return `${d.getUTCMonth() + 1}月${d.getUTCDate()}日 ${near || weekday(date)}`
}

/** `11:30–12:00` */
export const span = (from, to) => `${clock(from)}–${clock(to)}`

/** `11月23日 09:05` */
export const moment = (at) => `${day(dateOf(at)).split(' ')[0]} ${clock(at)}`

/** What is left of a span: `2 天 3 小时`, `3 小时 05 分`, `04:09`. */
export function left(ms) {
  const s = Math.max(0, Math.floor(ms / 1000))
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60]
  if (d) return h ? `${d} 天 ${h} 小时` : `${d} 天`
  if (h) return `${h} 小时 ${two(m)} 分`
  return `${two(m)}:${two(s % 60)}`
}

/** ISO week of a date: `2026-W48`. The week belongs to the year of its Thursday. */
export function weekOf(date) {
  const d = plain(date)
  d.setUTCDate(d.getUTCDate() + 4 - (d.getUTCDay() || 7))
  const first = Date.UTC(d.getUTCFullYear(), 0, 1)
  return `${d.getUTCFullYear()}-W${two(Math.ceil(((d.getTime() - first) / DAY_MS + 1) / 7))}`
}

/** Monday of the week a date lies in. */
export const mondayOf = (date) => addDays(date, 1 - (plain(date).getUTCDay() || 7))

/** Minutes since midnight of `08:30`, and back; `24:00` is the end of a day. */
export const minutesOf = (hhmm) => Number(hhmm.slice(0, 2)) * 60 + Number(hhmm.slice(3, 5))
export const hhmm = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`

/** The moment of a campus date and a time of day, as the server wants it: `2026-11-23T08:30:00+08:00`. */
export const momentOf = (date, time) => `${date}T${time}:00+08:00`

/** Minutes of the campus day that a moment lies at. */
export const minuteOf = (moment) => minutesOf(clock(moment))

/** `count` dates from one on. */
export const daysFrom = (date, count) => Array.from({ length: count }, (_, n) => addDays(date, n))
