/** What a desk without network decides, in the words of the server. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/state/gate-rules.js', import.meta.url), 'utf8')
const rules = await import('data:text/javascript,' + encodeURIComponent(source))

const digest = (text) => createHash('sha256').update(text).digest('hex')
const CODE = '0123456789AB'
const PASS = 'ZYXWVTSRQPNM'
const NOW = '2026-11-23T02:00:00.000Z' // ten on the campus, a Monday
const AT = { how: 'static', direction: 'in', now: NOW }

const visit = (changes = {}) => ({
  id: 'ord_a',
  digest: digest(CODE),
  pass_digest: digest(PASS),
  visitor: { name: '王**', phone: '139****1234', plate: '苏A***45' },
  companions: 2,
  host: '李明',
  purpose: '洽谈',
  type: '普通访客',
  starts_at: '2026-11-23T02:00:00Z',
  ends_at: '2026-11-23T04:00:00Z',
  opens_at: '2026-11-23T01:30:00Z',
  state: 'expected',
  static_used: false,
  hold: false,
  ...changes,
})
const gate = {
  id: 'gate_1',
  name: '东门',
  zone: '主楼区',
  buildings: ['1号楼'],
  opens: '07:00',
  closes: '22:00',
  days: [1, 2, 3, 4, 5],
  enabled: true,
}
const copy = (changes = {}, at = {}) => ({
  as_of: '2026-11-23T01:59:00Z',
  expires_at: '2026-11-24T01:59:00Z',
  gate: { ...gate, ...at },
  visits: [visit(changes)],
})

function judged(changes, how = AT, at = {}) {
  const known = copy(changes, at)
  const { decision, reason, text } = rules.judge(known, known.visits[0], how)
  return [decision, reason, text]
}

test('a code is read as it was issued, however it was typed', () => {
  const right = { how: 'static', part: CODE }
  for (const typed of ['QJS0123456789AB', 'qjs 0123-4567-89ab', 'QJSOI23456789AB', 'o1234-56789-ab'])
    assert.deepEqual(rules.read(typed), right, typed)
  assert.deepEqual(rules.read('QJR' + PASS + '12345678'), { how: 'rotating', part: PASS })
  for (const other of ['', 'S0042', 'QJR' + PASS, '苏A12345', 'QJS0123456789ABC'])
    assert.equal(rules.read(other), null, other)
})

test('a visit is found by the fingerprint of its own sort of code alone', () => {
  const known = copy()
  assert.equal(rules.behind(known, 'static', digest(CODE)).id, 'ord_a')
  assert.equal(rules.behind(known, 'rotating', digest(PASS)).id, 'ord_a')
  assert.equal(rules.behind(known, 'rotating', digest(CODE)), undefined)
  assert.equal(rules.behind(known, 'static', digest(PASS)), undefined)
})

test('who is expected is let in, and out again', () => {
  assert.deepEqual(judged({}), ['admit', 'ok', '请进'])
  const out = { ...AT, direction: 'out' }
  assert.deepEqual(judged({ state: 'inside', in_at: NOW }, out), ['admit', 'ok', '请慢走'])
})

test('each refusal has its reason and its words', () => {
  const earlier = { ...AT, now: '2026-11-23T01:29:59.000Z' }
  const yesterday = { ...AT, now: '2026-11-22T13:00:00.000Z' }
  const out = { ...AT, direction: 'out' }
  const cases = [
    [{ state: 'requested' }, AT, 'not-approved', '尚未批准'],
    [{ state: 'announced' }, AT, 'not-approved', '尚未批准'],
    [{ state: 'inside', in_at: '2026-11-23T01:12:00Z' }, AT, 'already-in', '已于 09:12 入场'],
    [{ state: 'left' }, out, 'not-inside', '没有入场记录'],
    [{}, earlier, 'too-early', '未到时间，09:30 起可入场'],
    [{}, yesterday, 'too-early', '未到时间，11月23日 09:30 起可入场'],
    [{}, { ...AT, now: '2026-11-23T04:00:00.000Z' }, 'expired', '已过有效时间'],
    [{ static_used: true }, AT, 'used', '静态码已使用过，请出示动态码或人工核验'],
    [{ hold: true }, AT, 'blacklisted', '请稍候，正在核实'],
  ]
  for (const [changes, how, reason, text] of cases)
    assert.deepEqual(judged(changes, how), ['refuse', reason, text], reason)
})

test('a gate lets in at its hours and on its days, and out at any time', () => {
  const closed = '本出入口已关闭，开放时间 11:00–22:00'
  assert.deepEqual(judged({}, AT, { opens: '11:00' }), ['refuse', 'gate-closed', closed])
  assert.equal(judged({}, AT, { days: [2] })[1], 'gate-closed')
  assert.equal(judged({}, AT, { enabled: false })[1], 'gate-closed')
  const out = { ...AT, direction: 'out' }
  assert.equal(judged({ state: 'inside', in_at: NOW }, out, { enabled: false })[0], 'admit')
})

test('a static code is good once; a rotating one and a look at the face are good again', () => {
  const used = { static_used: true, state: 'left' }
  assert.equal(judged(used)[1], 'used')
  assert.equal(judged(used, { ...AT, how: 'rotating' })[0], 'admit')
  assert.equal(judged(used, { ...AT, how: 'manual' })[0], 'admit')
})

test('what the copy does not know, and a copy that is too old, lets nobody in', () => {
  assert.equal(rules.judge(copy(), undefined, AT).reason, 'unknown')
  const late = { ...AT, now: '2026-11-24T01:59:00.000Z' }
  assert.equal(rules.judge(copy(), visit({ ends_at: '2026-11-25T00:00:00Z' }), late).reason, 'unknown')
})

test('in and out alternate in the copy', () => {
  const known = copy()
  const inside = rules.passed(known, known.visits[0], AT)
  assert.deepEqual(
    [inside.visits[0].state, inside.visits[0].in_at, inside.visits[0].static_used],
    ['inside', NOW, true],
  )
  assert.equal(rules.judge(inside, inside.visits[0], AT).reason, 'already-in')
  const out = rules.passed(inside, inside.visits[0], { ...AT, direction: 'out' })
  assert.equal(out.visits[0].state, 'left')
  assert.equal(known.visits[0].state, 'expected') // the copy before is untouched
})

test('a scanner that fires twice gets the same answer, for five seconds', () => {
  const last = { decision: 'admit', digest: digest(CODE), direction: 'in', at: NOW }
  const scan = { digest: digest(CODE), direction: 'in' }
  assert.equal(rules.isSame(last, { ...scan, now: '2026-11-23T02:00:05.000Z' }), true)
  assert.equal(rules.isSame(last, { ...scan, now: '2026-11-23T02:00:05.001Z' }), false)
  assert.equal(rules.isSame(last, { ...scan, direction: 'out', now: NOW }), false)
  assert.equal(rules.isSame(last, { digest: digest(PASS), direction: 'in', now: NOW }), false)
  assert.equal(rules.isSame({ ...last, decision: 'refuse' }, { ...scan, now: NOW }), false)
  assert.equal(rules.isSame(null, { ...scan, now: NOW }), false)
})

test('what waits to be sent is played on a fresh copy again', () => {
  const scan = { visit: 'ord_a', how: 'static', direction: 'in', decision: 'admit', at: NOW }
  assert.equal(rules.replayed(copy(), [scan]).visits[0].state, 'inside')
  assert.equal(rules.replayed(copy(), [{ ...scan, decision: 'refuse' }]).visits[0].state, 'expected')
  assert.equal(rules.replayed(copy(), [{ ...scan, visit: 'ord_gone' }]).visits[0].state, 'expected')
})

test('lists and counts are made from the copy; search finds what is not masked', () => {
  const known = { ...copy(), visits: [visit(), visit({ id: 'ord_b', state: 'inside', in_at: NOW })] }
  const { items, counts } = rules.listed(known, { list: 'inside' })
  assert.deepEqual(counts, { expected: 1, inside: 1, left: 0, no_show: 0 })
  assert.deepEqual(
    items.map(({ id, can }) => [id, can]),
    [['ord_b', ['leave']]],
  )
  for (const q of ['王', '1234', '苏a'])
    assert.equal(rules.listed(known, { list: 'left', q }).items.length, 2, q)
  assert.equal(rules.listed(known, { list: 'left', q: '赵' }).items.length, 0)
})

test('the evacuation list is brought up to date by what this desk has seen', () => {
  const person = (id) => ({
    visit: id,
    visitor: '赵一',
    companions: 0,
    host: '李明',
    gate: '西门',
    in_at: NOW,
  })
  const known = {
    as_of: '2026-11-23T01:00:00Z',
    zones: [
      { zone: '后勤区', buildings: ['食堂'], people: [person('ord_far')] },
      { zone: '主楼区', buildings: ['1号楼'], people: [person('ord_out')] },
    ],
  }
  const here = copy()
  here.visits = [
    visit({ id: 'ord_out', state: 'left' }),
    visit({ id: 'ord_in', state: 'inside', in_at: NOW }),
    visit({ id: 'ord_coming' }),
  ]
  const list = rules.evacuated(here, known)
  const names = list.zones.map(({ zone, count, people }) => [zone, count, people.map((one) => one.visit)])
  assert.deepEqual(names, [
    ['后勤区', 1, ['ord_far']],
    ['主楼区', 3, ['ord_in']],
  ])
  assert.deepEqual([list.total, list.as_of], [4, '2026-11-23T01:00:00Z'])
})

test('without any list the copy alone says who is inside', () => {
  const here = copy({ state: 'inside', in_at: NOW })
  const { total, zones } = rules.evacuated(here, null)
  assert.deepEqual([total, zones[0].zone, zones[0].people[0].visitor], [3, '主楼区', '王**'])
  assert.deepEqual(rules.evacuated(null, null), { as_of: null, total: 0, zones: [], let_in: [] })
})
