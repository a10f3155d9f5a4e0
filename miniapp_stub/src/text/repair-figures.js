/** A vendor's figures of a period, each with the tickets behind it. */
const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)}%` : '—')

const without = (all, some) => all.filter((id) => !some.includes(id))

// A figure that the server does not name is what is left of those that it does.
const IDS = {
  response_late: ({ tickets, response_met: met }) => without(tickets, met),
  solution_late: ({ tickets, solution_met: met }) => without(tickets, met),
  rework: ({ repeated, reopened }) => [...repeated, ...without(reopened, repeated)],
}

const NAMES = {
  tickets: '办结的工单',
  response_met: '响应达标的工单',
  response_late: '响应超时的工单',
  solution_met: '修复达标的工单',
  solution_late: '修复超时的工单',
  rework: '返修的工单',
  disputed: '有计时异议的工单',
}

export const figureName = (figure) => NAMES[figure] || '工单'

/** The ids of the tickets behind a figure. */
export const idsOf = ({ orders }, figure) => IDS[figure]?.(orders) || orders[figure] || []

/** `[{ label, words, met, met_figure, late, late_figure }, ...]`: how much was in time, and what was not. */
export const sharesOf = (vendor) => [
  shareOf(vendor, '响应达标', 'response'),
  shareOf(vendor, '修复达标', 'solution'),
]

function shareOf(vendor, label, clock) {
  const met = vendor[`${clock}_met`]
  return {
    label,
    met,
    met_figure: `${clock}_met`,
    late: vendor.tickets - met,
    late_figure: `${clock}_late`,
    words: percent(met, vendor.tickets),
  }
}
