/** Whatever changes is read once it has settled, and a stream of changes starves nobody. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/use/settled.js', import.meta.url), 'utf8')
const { makeSettled } = await import('data:text/javascript,' + encodeURIComponent(source))

/** A page that hears changes at the moments of `heard`, for `until` ms; returns when it read. */
function reads(heard, until) {
  let now = 0
  let timers = []
  const read = []
  const clock = {
    set(act, after) {
      const timer = { at: now + after, act }
      timers.push(timer)
      return timer
    },
    clear: (timer) => (timers = timers.filter((one) => one !== timer)),
  }
  const { soon, stop } = makeSettled(() => read.push(now), 1200, clock)
  for (; now <= until; now += 100) {
    const due = timers.filter((one) => one.at <= now)
    timers = timers.filter((one) => one.at > now)
    due.forEach((one) => one.act())
    if (heard.includes(now)) soon()
  }
  stop()
  assert.deepEqual(timers, [])
  return read
}

test('one change is read once, when it has settled', () => {
  assert.deepEqual(reads([0], 6000), [1200])
})

test('a change that comes just before the page reads is read again, a full second after it', () => {
  assert.deepEqual(reads([0, 1100], 6000), [1200, 2400])
})

test('changes that keep coming are read as they come, and once after the last', () => {
  const always = Array.from({ length: 31 }, (_, turn) => turn * 100)
  assert.deepEqual(reads(always, 9000), [1200, 2400, 3600, 4800])
})

test('a page that is left reads no more', () => {
  assert.deepEqual(reads([0, 1100], 1100), [])
})
