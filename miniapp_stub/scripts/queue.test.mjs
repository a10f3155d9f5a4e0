/** What waits on the phone is sent in order, once, and never lost. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/state/queue.js', import.meta.url), 'utf8')
const { makeQueue } = await import('data:text/javascript,' + encodeURIComponent(source))

const ME = 'per_me'
const OFFLINE = { status: 0, code: 'offline', detail: '网络未连接' }
const STALE = { status: 409, code: 'stale-version', detail: '内容已发生变化' }

/** A queue before a server that answers as `answer(entry)` says; `sent` is what reached it. */
function house(answer, entries = []) {
  const sent = []
  let stored = ''
  const queue = makeQueue({
    entries,
    store: (all) => (stored = JSON.stringify(all)),
    async send(entry) {
      sent.push({ ...entry })
      const said = answer(entry)
      if (said.status !== undefined) throw said
      return said
    },
    passing: (problem) => problem.status === 0,
  })
  return { queue, entries, sent, stored: () => JSON.parse(stored) }
}

const act = (id, ticket, transition, version) => ({
  id,
  by: ME,
  ticket,
  transition,
  body: {},
  key: `key-${id}`,
  version,
})
const moved = (entry) => ({ id: entry.ticket, version: entry.version + 1 })

test('acts on a ticket go in order, each on the version the one before it left', async () => {
  const { queue, entries, sent } = house(moved)
  queue.add(act('1', 'ord_a', 'start', 3))
  queue.add(act('2', 'ord_a', 'pause', 3))
  queue.add(act('3', 'ord_a', 'resume', 3))
  const results = await queue.flush(ME)
  assert.deepEqual(
    sent.map((one) => [one.transition, one.version, one.key]),
    [
      ['start', 3, 'key-1'],
      ['pause', 4, 'key-2'],
      ['resume', 5, 'key-3'],
    ],
  )
  assert.deepEqual(
    results.map((one) => one.ticket.version),
    [4, 5, 6],
  )
  assert.deepEqual(entries, [])
})

test('without a network everything stays, and goes later with the same keys', async () => {
  let online = false
  const { queue, sent, stored } = house((entry) => (online ? moved(entry) : OFFLINE))
  queue.add(act('1', 'ord_a', 'start', 3))
  queue.add(act('2', 'ord_b', 'finish', 7))
  assert.deepEqual(await queue.flush(ME), [])
  assert.deepEqual(
    stored().map((one) => [one.key, one.state]),
    [
      ['key-1', 'waiting'],
      ['key-2', 'waiting'],
    ],
  )
  online = true
  await queue.flush(ME)
  assert.deepEqual(
    sent.map((one) => one.key),
    ['key-1', 'key-1', 'key-2'],
  )
  assert.deepEqual(stored(), [])
})

test('a refusal is kept and shown, holds back its own ticket, and no other', async () => {
  const { queue, entries, sent } = house((entry) => (entry.ticket === 'ord_a' ? STALE : moved(entry)))
  queue.add(act('1', 'ord_a', 'start', 3))
  queue.add(act('2', 'ord_a', 'finish', 3))
  queue.add(act('3', 'ord_b', 'start', 1))
  await queue.flush(ME)
  assert.deepEqual(
    entries.map((one) => [one.id, one.state, one.problem?.code]),
    [
      ['1', 'stuck', 'stale-version'],
      ['2', 'waiting', undefined],
    ],
  )
  await queue.flush(ME)
  assert.deepEqual(
    sent.map((one) => one.id),
    ['1', '3'],
  )
})

test('a stuck act is sent again as a new one, and what follows it comes after', async () => {
  let refused = true
  const { queue, entries, sent } = house((entry) => (refused ? STALE : moved(entry)))
  queue.add(act('1', 'ord_a', 'start', 3))
  queue.add(act('2', 'ord_a', 'finish', 3))
  await queue.flush(ME)
  refused = false
  queue.again('1', 8, 'key-new')
  await queue.flush(ME)
  assert.deepEqual(
    sent.slice(1).map((one) => [one.id, one.key, one.version]),
    [
      ['1', 'key-new', 8],
      ['2', 'key-2', 9],
    ],
  )
  assert.deepEqual(entries, [])
})

test('giving an act up gives up what was meant to follow it, and says what that was', () => {
  const { queue, entries } = house(moved)
  queue.add(act('1', 'ord_a', 'remark', 3))
  queue.add(act('2', 'ord_a', 'start', 3))
  queue.add(act('3', 'ord_b', 'start', 1))
  queue.add(act('4', 'ord_a', 'finish', 3))
  assert.deepEqual(
    queue.drop('2').map((one) => one.id),
    ['2', '4'],
  )
  assert.deepEqual(
    entries.map((one) => one.id),
    ['1', '3'],
  )
})

test('one person never sends what another has left on the phone', async () => {
  const { queue, entries, sent } = house(moved)
  queue.add(act('1', 'ord_a', 'start', 3))
  await queue.flush('per_other')
  assert.deepEqual(sent, [])
  assert.equal(entries.length, 1)
})

test('two rounds at once send nothing twice', async () => {
  const { queue, sent } = house(moved)
  queue.add(act('1', 'ord_a', 'start', 3))
  await Promise.all([queue.flush(ME), queue.flush(ME)])
  assert.equal(sent.length, 1)
})
