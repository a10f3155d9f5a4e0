/** A hand scanner is known by its speed; a person who types is left alone. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/use/burst.js', import.meta.url), 'utf8')
const { makeBurst } = await import('data:text/javascript,' + encodeURIComponent(source))

/** What comes of keys typed with so many ms between them. */
function typed(keys, gap, burst = makeBurst(), from = 1000) {
  return [...keys].map((key, n) => burst.key(key, from + n * gap)).at(-1)
}
const withEnter = (text) => [...text, 'Enter']

test('a scanner is heard at its Enter', () => {
  assert.equal(typed(withEnter('QJS0123456789AB'), 8), 'QJS0123456789AB')
})

test('who types by hand is no scanner', () => {
  assert.equal(typed(withEnter('13900001234'), 90), '')
  assert.equal(typed(withEnter('QJS0123456789AB'), 200), '')
})

test('an Enter that comes late belongs to somebody who types', () => {
  const burst = makeBurst()
  typed('QJS0123456789AB', 8, burst)
  assert.equal(burst.key('Enter', 5000), '')
})

test('a busy computer may hold one key back', () => {
  const burst = makeBurst()
  typed('QJS0123', 20, burst, 1000)
  assert.equal(typed(withEnter('456789AB'), 20, burst, 1900), 'QJS0123456789AB')
})

test('what was typed before the scan is not part of it', () => {
  const burst = makeBurst()
  typed('王', 8, burst, 0)
  assert.equal(typed(withEnter('S0042'), 5, burst, 1500), 'S0042')
})

test('three characters and Enter are no scan', () => {
  assert.equal(typed(withEnter('ABC'), 5), '')
})

test('each scan stands for itself', () => {
  const burst = makeBurst()
  assert.equal(typed(withEnter('QJS0123456789AB'), 8, burst, 1000), 'QJS0123456789AB')
  assert.equal(typed(withEnter('QJSBA9876543210'), 8, burst, 1200), 'QJSBA9876543210')
})
