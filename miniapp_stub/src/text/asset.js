/** The words of assets and of their maintenance. */
export const UNITS = [
  ['days', '天'],
  ['weeks', '周'],
  ['months', '个月'],
  ['years', '年'],
]

export const BASES = [
  ['scheduled', '按计划日期'],
  ['completed', '按上次完成日期'],
]

/** `每 3 个月`, `每 500 小时`; `每计 500` where the unit of the meter is not known. */
export function everyWords(every, meterUnit = '') {
  const [unit, word] = UNITS.find(([name]) => every[name]) || ['meter', meterUnit]
  return word ? `每 ${every[unit]} ${word}` : `每计 ${every[unit]}`
}

/** How long repairs take, or how long an asset runs: `45 分钟`, `3.5 小时`, `12 天`; — where unknown. */
export function longWords(minutes) {
  if (minutes === null) return '—'
  if (minutes < 60) return `${minutes} 分钟`
  const hours = minutes / 60
  return hours < 48 ? `${Math.round(hours * 10) / 10} 小时` : `${Math.round(hours / 24)} 天`
}

/** Why no ticket could be opened for a plan. */
const FAULTS = {
  'asset-retired': '设备已停用',
  'category-disabled': '类别已停用',
  'no-vendor': '没有可用的服务单位',
}
export const faultWords = (code) => FAULTS[code] || '暂时不能开单'
