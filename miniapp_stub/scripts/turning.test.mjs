/** The code a pass shows turns every thirty seconds, and lasts two minutes without a network. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/use/turning.js', import.meta.url), 'utf8')
const { codeAt, lastFor } = await import('data:text/javascript,' + encodeURIComponent(source))

const START = Date.parse('2026-11-23T01:00:00Z')
const at = (seconds) => START + seconds * 1000
const iso = (seconds) => new Date(at(seconds)).toISOString()
const codes = [0, 30, 60, 90].map((from) => ({
  code: `QJR${from}`,
  starts_at: iso(from),
  ends_at: iso(from + 30),
}))
const shown = { code: 'QJS', codes }

test('each code is shown for its own thirty seconds', () => {
  assert.deepEqual(codeAt(shown, at(0)), { code: 'QJR0', left: 30, turning: true })
  assert.deepEqual(codeAt(shown, at(29.5)), { code: 'QJR0', left: 1, turning: true })
  assert.deepEqual(codeAt(shown, at(30)), { code: 'QJR30', left: 30, turning: true })
  assert.deepEqual(codeAt(shown, at(119)), { code: 'QJR90', left: 1, turning: true })
})

test('after two minutes without a network it is the printed one', () => {
  assert.deepEqual(codeAt(shown, at(120)), { code: 'QJS', left: 0, turning: false })
})

test('a phone that is a little slow shows the first code, one that is far behind the printed one', () => {
  assert.deepEqual(codeAt(shown, at(-2)), { code: 'QJR0', left: 32, turning: true })
  assert.deepEqual(codeAt(shown, at(-31)), { code: 'QJS', left: 0, turning: false })
})

test('a pass without codes that turn has the printed one alone', () => {
  assert.deepEqual(codeAt({ code: 'QJS' }, at(0)), { code: 'QJS', left: 0, turning: false })
  assert.equal(lastFor({ code: 'QJS' }, at(0)), 0)
})

test('how long the codes last is counted to the end of the last one', () => {
  assert.equal(lastFor(shown, at(0)), 120)
  assert.equal(lastFor(shown, at(100)), 20)
  assert.equal(lastFor(shown, at(130)), 0)
})
