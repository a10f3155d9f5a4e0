/**
 * Tells a hand scanner from a person at the keyboard: it types faster than anybody, and ends with Enter.
 * `key(letter, at)` takes one key stroke (`at` in ms); a burst that is over gives its text, all else ''. A busy
 * computer may hold keys back: what begins like a visitor's code may come more slowly, as nobody types that.
 */
const PAUSE_MS = 1000
const MEAN_MS = 35
const OURS = /^QJ[SR]/i
const OURS_MEAN_MS = 150
const LEAST = 4 // characters; an employee number is the shortest that is scanned

export function makeBurst() {
  let text = ''
  let first = 0
  let last = -Infinity

  /** Whether the next letter begins a new burst. */
  const begins = (at) => !text || at - last > PAUSE_MS

  function end(at) {
    const whole = text
    text = ''
    const mean = (at - first) / whole.length
    const fast = mean <= (OURS.test(whole) ? OURS_MEAN_MS : MEAN_MS)
    return fast && at - last <= PAUSE_MS && whole.length >= LEAST ? whole : ''
  }

  function key(letter, at) {
    if (letter === 'Enter') return end(at)
    if (begins(at)) {
      text = ''
      first = at
    }
    text += letter
    last = at
    return ''
  }

  return { key, begins }
}
