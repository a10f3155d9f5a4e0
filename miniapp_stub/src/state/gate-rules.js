/**
 * What a desk without network decides, by its copy of the day alone: no clock, no storage, no network in here.
 * A copy holds fingerprints of codes; `digestOf(text)` is the SHA-256 in hex.
 *
 * The words are those of the server (models/visitors/reasons.py), so that nobody can tell at the desk whether
 * there is a network. What was let in is kept in the copy, so that in and out alternate here, too.
 */
const FORGETS_MS = 5000 // within which the same scan is one scan
const CODE = 12 // characters that name a pass
const STEP = 8 // characters that name the half minute of a rotating code
const CAMPUS_MS = 8 * 3_600_000

const ADMITTED = { in: '请进', out: '请慢走' }
const TEXTS = {
  unknown: '无效的码',
  revoked: '凭证已失效',
  'not-approved': '尚未批准',
  'too-early': '未到时间，{when} 起可入场',
  expired: '已过有效时间',
  'wrong-gate': '请走{gates}',
  'gate-closed': '本出入口已关闭，开放时间 {hours}',
  'already-in': '已于 {when} 入场',
  'not-inside': '没有入场记录',
  used: '静态码已使用过，请出示动态码或人工核验',
  hold: '请稍候，正在核实',
}
const OVER = { revoked: 'revoked', ended: 'expired' } // once out: why such a pass lets nobody in

/** A code as it was issued, from what was typed or scanned. */
export const plain = (typed) =>
  typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0')

/** `{ how, part }` of a code: static or rotating, and what of it names the pass; null for anything else. */
export function read(typed) {
  const code = plain(typed)
  if (code.startsWith('QJR') && code.length === 3 + CODE + STEP)
    return { how: 'rotating', part: code.slice(3, 3 + CODE) }
  const part = code.startsWith('QJS') && code.length === 3 + CODE ? code.slice(3) : code
  return /^[0-9A-Z]{12}$/.test(part) ? { how: 'static', part } : null
}

const local = (moment) => new Date(Date.parse(moment) + CAMPUS_MS).toISOString()
const clock = (moment) => local(moment).slice(11, 16)
const dayOf = (moment) => local(moment).slice(0, 10)

/** A time of day; of another day with its date. */
function at(moment, now) {
  if (dayOf(moment) === dayOf(now)) return clock(moment)
  const [, month, day] = dayOf(moment).split('-')
  return `${month}月${day}日 ${clock(moment)}`
}

function isOpen(gate, now) {
  const weekday = new Date(Date.parse(now) + CAMPUS_MS).getUTCDay() || 7
  return gate.enabled && gate.days.includes(weekday) && gate.opens <= clock(now) && clock(now) < gate.closes
}

const no = (reason, facts = {}) => ({
  decision: 'refuse',
  reason: reason === 'hold' ? 'blacklisted' : reason,
  text: TEXTS[reason].replace(/\{(\w+)\}/g, (_, name) => facts[name]),
})

/** Why a visit may not go in now, or null. */
function againstEntry(copy, visit, how, now) {
  if (visit.state === 'requested' || visit.state === 'announced') return no('not-approved')
  if (OVER[visit.state]) return no(OVER[visit.state])
  if (visit.state === 'inside' && visit.once_out === 'revoked') return no('revoked')
  if (visit.state === 'inside') return no('already-in', { when: at(visit.in_at, now) })
  if (Date.parse(now) < Date.parse(visit.opens_at)) return no('too-early', { when: at(visit.opens_at, now) })
  if (Date.parse(now) >= Date.parse(visit.ends_at)) return no('expired')
  const { gate } = copy
  if (!isOpen(gate, now)) return no('gate-closed', { hours: `${gate.opens}–${gate.closes}` })
  if (how === 'static' && visit.static_used) return no('used')
  return visit.hold ? no('hold') : null
}

/**
 * The answer to a visit at the gate: `{ decision, reason, text }`. `how` is static, rotating or manual. Without
 * a visit, `digest` may be of one for other gates.
 */
export function judge(copy, visit, { how, digest, direction, now }) {
  if (Date.parse(now) >= Date.parse(copy.expires_at)) return no('unknown')
  const away = !visit && found(copy.elsewhere, how, digest)
  if (!visit) return away ? no('wrong-gate', { gates: away.gates }) : no('unknown')
  const refusal =
    direction === 'in'
      ? againstEntry(copy, visit, how, now)
      : visit.state === 'inside'
        ? null
        : no('not-inside')
  return refusal || { decision: 'admit', reason: 'ok', text: ADMITTED[direction] }
}

/** The copy after somebody has passed; `state` is what the server says of it, where it was asked. */
export function passed(copy, visit, { how, direction, now, state }) {
  const moved = { ...visit, state: state || (direction === 'in' ? 'inside' : visit.once_out || 'left') }
  if (direction === 'in') Object.assign(moved, { in_at: now, out_at: undefined })
  else moved.out_at = now
  if (direction === 'in' && how === 'static') moved.static_used = true
  return { ...copy, visits: copy.visits.map((each) => (each.id === visit.id ? moved : each)) }
}

/** The visit behind a fingerprint. */
export const behind = (copy, how, digest) => found(copy.visits, how, digest)

const found = (known, how, digest) =>
  known?.find((one) => (how === 'rotating' ? one.pass_digest : one.digest) === digest)

/** Scanners fire twice: whether `last` was the same scan, let through, a moment ago. */
export const isSame = (last, { digest, direction, now }) =>
  Boolean(last) &&
  last.decision === 'admit' &&
  last.digest === digest &&
  last.direction === direction &&
  Math.abs(Date.parse(now) - Date.parse(last.at)) <= FORGETS_MS

/** A copy with what waits to be sent played on it again: the server does not know of it yet. */
export const replayed = (copy, scans) =>
  scans
    .filter(({ decision }) => decision === 'admit')
    .reduce((known, { visit, how, direction, at: now }) => {
      const found = known.visits.find((each) => each.id === visit)
      return found ? passed(known, found, { how, direction, now }) : known
    }, copy)

const CAN = { expected: ['admit'], left: ['admit'], inside: ['leave'] }
const LISTS = {
  expected: ['expected', 'requested', 'announced'],
  inside: ['inside'],
  left: ['left', 'ended', 'revoked'],
  no_show: [],
}

const words = ({ visitor }) => `${visitor.name} ${visitor.phone || ''} ${visitor.plate || ''}`.toUpperCase()

/** `{ items, counts, as_of }` as the server's list of a gate, made from a copy; names can only be found masked. */
export function listed(copy, { list, q = '' }) {
  const text = q.trim().toUpperCase()
  const shown = (visit) => (text ? words(visit).includes(text) : LISTS[list].includes(visit.state))
  const counts = Object.fromEntries(
    Object.entries(LISTS).map(([name, states]) => [
      name,
      copy.visits.filter(({ state }) => states.includes(state)).length,
    ]),
  )
  const items = copy.visits.filter(shown).map((visit) => ({ ...visit, can: CAN[visit.state] || [] }))
  return { items, counts, as_of: copy.as_of }
}

const roll = (copy, visit) => ({
  visit: visit.id,
  visitor: visit.visitor.name,
  companions: visit.companions,
  host: visit.host,
  type: visit.type,
  building: '',
  gate: copy.gate.name,
  in_at: visit.in_at,
})

const counted = (zone) => ({
  ...zone,
  count: zone.people.reduce((sum, { companions }) => sum + 1 + companions, 0),
})

/**
 * The evacuation list without network: the last one that was read (`known`, or null), brought up to date by
 * what the copy of this desk knows of its own gate. A copy knows masked names alone.
 */
export function evacuated(copy, known) {
  const here = new Map((copy?.visits || []).map((visit) => [visit.id, visit]))
  const zones = (known?.zones || []).map((zone) => ({
    ...zone,
    people: zone.people.filter(({ visit }) => (here.get(visit)?.state || 'inside') === 'inside'),
  }))
  const listed = new Set(zones.flatMap(({ people }) => people.map(({ visit }) => visit)))
  const more = [...here.values()].filter(({ id, state }) => state === 'inside' && !listed.has(id))
  if (more.length) {
    let mine = zones.find(({ zone }) => zone === copy.gate.zone)
    if (!mine) zones.push((mine = { zone: copy.gate.zone, buildings: copy.gate.buildings, people: [] }))
    mine.people = [...mine.people, ...more.map((visit) => roll(copy, visit))]
  }
  const full = zones.map(counted).filter(({ count }) => count)
  const times = [known?.as_of, copy?.as_of].filter(Boolean).sort()
  return {
    as_of: times[0] || null,
    total: full.reduce((sum, { count }) => sum + count, 0),
    zones: full,
    let_in: known?.let_in || [],
  }
}
