/** How meetings repeat, in words; and what became of each date. */
import { dateOf, dayOfMonth, weekday } from '@/text/time'

export const FREQUENCIES = [
  ['', '不重复'],
  ['daily', '每天'],
  ['weekly', '每周'],
  ['monthly_date', '每月按日期'],
  ['monthly_weekday', '每月按星期'],
]

export const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日']
const ORDINALS = ['第一个', '第二个', '第三个', '第四个', '最后一个'] // the fifth of a month is its last

const every = (n, one, unit) => (n > 1 ? `每 ${n} ${unit}` : one)

/** `每周一、三`, `每 2 周周一`, `每月 23 日`, `每月第四个周一`; '' without a pattern. */
export function patternWords(repeat, first) {
  if (!repeat?.frequency) return ''
  const n = repeat.interval || 1
  const date = first && dateOf(first)
  if (repeat.frequency === 'daily') return every(n, '每天', '天')
  if (repeat.frequency === 'weekly') return weeklyWords(n, repeat.weekdays, date)
  const month = every(n, '每月', '个月')
  if (!date) return month
  if (repeat.frequency === 'monthly_date') return `${month} ${dayOfMonth(date)} 日`
  return `${month}${ORDINALS[Math.ceil(dayOfMonth(date) / 7) - 1]}${weekday(date)}`
}

function weeklyWords(n, weekdays, date) {
  const days = weekdays?.length
    ? weekdays.map((d) => WEEKDAYS[d - 1]).join('、')
    : date && weekday(date).slice(1)
  return n > 1 ? `每 ${n} 周的周${days || ''}` : `每周${days || ''}`
}

const OUTCOMES = {
  booked: ['已订', 'good'],
  requested: ['待审批', 'accent'],
  waiting: ['候补中', 'accent'],
  refused: ['订不上', 'danger'],
  skipped: ['跳过', 'faint'],
  kept: ['保持不变', 'faint'],
  changed: ['已修改', 'good'],
  cancelled: ['已取消', 'faint'],
}
const PREVIEWED = { booked: ['可订', 'good'], requested: ['可申请', 'accent'] }

/** `{ word, tone }` of one date's outcome; before booking, of what would become of it. */
export function outcomeOf(outcome, preview) {
  const [word, tone] = (preview && PREVIEWED[outcome]) || OUTCOMES[outcome] || ['未知', 'faint']
  return { word, tone }
}
