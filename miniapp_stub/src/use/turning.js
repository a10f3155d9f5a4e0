/**
 * Which code is to be shown. `shown`: `{ code, codes: [{ code, starts_at, ends_at }, ...] }`, the one that is
 * printed and those that turn; `now` in milliseconds of the server's clock.
 *
 * `{ code, left, turning }`: `left` are the seconds until another one comes. Once the last of them is over
 * there was no network for two minutes: then it is the printed one, of which the desk compares the face.
 * A phone may be a little slow: a gate takes a code for half a minute around.
 */
const SLOW_MS = 30_000

export function codeAt(shown, now) {
  const current = (shown.codes || []).find(
    (one, n) => Date.parse(one.starts_at) - (n ? 0 : SLOW_MS) <= now && now < Date.parse(one.ends_at),
  )
  if (!current) return { code: shown.code, left: 0, turning: false }
  return { code: current.code, left: Math.ceil((Date.parse(current.ends_at) - now) / 1000), turning: true }
}

/** How long the codes last, in seconds; 0 where they are over. */
export function lastFor(shown, now) {
  const ends = Math.max(0, ...(shown.codes || []).map((one) => Date.parse(one.ends_at)))
  return Math.max(0, Math.ceil((ends - now) / 1000))
}
