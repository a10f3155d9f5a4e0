/**
 * The server's time, so that countdowns are right on a phone whose clock is wrong.
 * Each answer's Date header (whole seconds) sets the difference.
 */
let aheadMs = 0

export function keepServerTime(dateHeader) {
  const at = Date.parse(dateHeader || '')
  if (Number.isNaN(at)) return
  const measured = at - Date.now()
  // The header is cut to seconds and the way takes time: only a real difference counts.
  aheadMs = Math.abs(measured) > 3000 ? measured : 0
}

export const serverNow = () => Date.now() + aheadMs

/** The difference, so that it can be kept for a start without network. */
export const clockDifference = () => aheadMs

export function restoreDifference(ms) {
  aheadMs ||= ms || 0
}
