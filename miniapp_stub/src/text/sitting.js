/** How a sitting stands for somebody who wants to eat: `{ word, tone, open, full }`. */
export function standing(sitting, now) {
  if (sitting.state === 'cancelled') return { word: '停供', tone: 'faint', open: false }
  if (sitting.state === 'closed') return { word: '暂停预订', tone: 'faint', open: false }
  if (Date.parse(sitting.closes_at) <= now) return { word: '已截止', tone: 'faint', open: false }
  if (sitting.remaining > 0 && !sitting.queue)
    return { word: `余 ${sitting.remaining}`, tone: 'good', open: true }
  const queue = sitting.queue ? `候补 ${sitting.queue} 人` : '可候补'
  return { word: `已满 · ${queue}`, tone: 'accent', open: true, full: true }
}
