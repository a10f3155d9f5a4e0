/**
 * The desk at a gate: asks the server as long as there is one, and goes on by its copy of the day when there is
 * none. See docs/visitors.md; what is decided stands in state/gate-rules.js.
 *
 * In IndexedDB lie the device's key, the copy, the last evacuation list, scans that wait to be sent and what
 * came back as a conflict. At sign-out and after a day all of it goes but the key and the waiting scans, which
 * name nobody; with a revoked key everything goes, and that it was revoked is kept until there is a new one.
 */
import { reactive, watch } from 'vue'
import * as api from '@/api/gate'
import { newKey } from '@/api/keys'
import { asProblem, offline } from '@/api/problem'
import * as shelf from '@/platform/shelf'
import { canSign, fingerprint, signed } from '@/platform/signing'
import { clockDifference, restoreDifference, serverNow } from '@/state/clock'
import * as rules from '@/state/gate-rules'
import { network } from '@/state/network'
import { session } from '@/state/session'

const ALL = 'gate:'
const SCANS = 'gate:scan:'
const EVACUATION = 'gate:evacuation'
const EVERY_MS = 60_000
const PROBE_MS = 5_000 // while the server cannot be reached
const DAY_MS = 86_400_000
const BATCH = 200
const MOST_CONFLICTS = 50

const STEPS = { in: 'admit', out: 'leave' }

const name = (what, gate) => `${ALL}${what}:${gate}`

export const desk = reactive({
  able: canSign(),
  gate: '',
  device: null,
  copy: null,
  waiting: [],
  conflicts: [],
  evacuation: null,
  cut: false, // an answer did not come
  revoked: false,
  trouble: '',
  get offline() {
    return !network.connected || this.cut
  },
})

let syncing = null
let ticking = null
let last = null

const now = () => new Date(serverNow()).toISOString()
const mayDecide = () => Boolean(desk.copy) && Date.parse(desk.copy.expires_at) > serverNow()
const mine = () => desk.waiting.filter(({ gate }) => gate === desk.gate)

// --- What is kept -----------------------------------------------------------------------------

const keepCopy = (copy) => {
  desk.copy = copy
  return shelf.put(name('copy', desk.gate), { ...copy, ahead: clockDifference() })
}

/** Takes the desk of a gate up again as it was left, with or without network. */
export async function openDesk(gate) {
  if (desk.gate !== gate) Object.assign(desk, { gate, device: null, copy: null, conflicts: [] })
  const [device, copy, conflicts, revoked, scans] = await Promise.all([
    shelf.take(name('device', gate)),
    shelf.take(name('copy', gate)),
    shelf.take(name('conflicts', gate)),
    shelf.take(name('revoked', gate)),
    shelf.takeAll(SCANS),
  ])
  if (desk.gate !== gate) return
  restoreDifference(copy?.ahead)
  const waiting = scans.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  Object.assign(desk, { device, copy, conflicts: conflicts || [], revoked: Boolean(revoked), waiting })
  await forgetOld()
}

/** What may not be kept longer: a copy after a day. */
async function forgetOld() {
  if (desk.copy && !mayDecide()) {
    desk.copy = null
    await shelf.drop(name('copy', desk.gate))
  }
  const known = await shelf.take(EVACUATION)
  const old = known && serverNow() - Date.parse(known.as_of) > DAY_MS
  desk.evacuation = old ? null : known || null
  if (old) await shelf.drop(EVACUATION)
}

/** At sign-out: what tells of people goes; the key and the scans that wait stay with the computer. */
export async function wipe() {
  Object.assign(desk, { copy: null, conflicts: [], evacuation: null, gate: '', device: null })
  last = null
  clearInterval(ticking)
  await Promise.all(['copy', 'conflicts'].map((what) => shelf.dropAll(`${ALL}${what}:`)))
  await shelf.drop(EVACUATION)
}

async function wipeRevoked() {
  const { gate } = desk
  await shelf.put(name('revoked', gate), true)
  for (const { scan_id: id } of mine()) await shelf.drop(SCANS + id)
  for (const what of ['device', 'copy', 'conflicts']) await shelf.drop(name(what, gate))
  const waiting = desk.waiting.filter((scan) => scan.gate !== gate)
  Object.assign(desk, { device: null, copy: null, conflicts: [], waiting, revoked: true })
}

/** From the start of the app on: nothing of a desk outlives its session. */
export function watchDesk() {
  watch(() => session.signedIn, (on) => on || wipe(), { immediate: true }) // prettier-ignore
}

// --- With the server --------------------------------------------------------------------------

/** Registers this computer for the gate; from then on it can go on without network. */
export async function register(title) {
  const device = await api.addDevice({ name: title, gate: desk.gate, kind: 'desk' })
  desk.device = { id: device.id, key: device.key, name: device.name }
  desk.revoked = false
  await shelf.put(name('device', desk.gate), desk.device)
  await shelf.drop(name('revoked', desk.gate))
  await syncAnew()
}

const FIELDS = ['scan_id', 'at', 'direction', 'digest', 'how', 'decision', 'reason']
const sent = (scan) => Object.fromEntries(FIELDS.map((field) => [field, scan[field]]))

function conflictOf(scan, { reason, text }) {
  const visit = desk.copy?.visits.find(({ id }) => id === scan.visit)
  const { scan_id: id, at, direction, how } = scan
  return { id, at, direction, how, reason, text, visitor: visit?.visitor.name || '' }
}

/** Hands the server what was scanned without it, oldest first. */
async function sendWaiting() {
  while (mine().length) {
    const scans = mine().slice(0, BATCH)
    const proof = await signed(desk.device, 'scans', serverNow())
    const results = await api.sendScans(proof, scans.map(sent))
    if (!results.length) return
    const found = results.filter(({ outcome }) => outcome === 'conflict')
    const fresh = found.filter(({ scan_id: id }) => !desk.conflicts.some((known) => known.id === id))
    const conflicts = fresh.map((result) => conflictOf(byId(scans, result.scan_id), result))
    desk.conflicts = [...conflicts, ...desk.conflicts].slice(0, MOST_CONFLICTS)
    await shelf.put(name('conflicts', desk.gate), desk.conflicts)
    for (const { scan_id: id } of results) await shelf.drop(SCANS + id)
    const done = new Set(results.map(({ scan_id: id }) => id))
    desk.waiting = desk.waiting.filter(({ scan_id: id }) => !done.has(id))
  }
}

const byId = (scans, id) => scans.find((scan) => scan.scan_id === id)

async function fetchCopy() {
  const copy = await api.copy(await signed(desk.device, 'copy', serverNow()))
  await keepCopy(rules.replayed(copy, mine()))
}

async function fetchEvacuation() {
  desk.evacuation = await api.evacuation()
  await shelf.put(EVACUATION, desk.evacuation)
}

async function syncOnce() {
  try {
    if (desk.device && desk.able) {
      await sendWaiting()
      await fetchCopy()
    }
    await fetchEvacuation()
    Object.assign(desk, { cut: false, trouble: '' })
  } catch (failure) {
    const problem = asProblem(failure)
    if (problem.code === 'device-unknown') await wipeRevoked()
    else if (problem.unanswered) desk.cut = true
    else desk.trouble = problem.detail
  }
}

/** Sends what waits and reads the copy anew; one at a time. */
export function sync() {
  syncing ||= syncOnce().finally(() => (syncing = null))
  return syncing
}

/** The same once what is under way is done, which may have begun before this desk was known. */
export async function syncAnew() {
  await syncing
  return sync()
}

/** Before a sign-out: sends what still waits; gives words of warning where that cannot be. */
export async function handOver() {
  if (desk.waiting.length && network.connected) await sync()
  const count = desk.waiting.length
  return count && `还有 ${count} 条脱机扫码没有上传，会留在本机，下次有人在此值守时上传。确定退出吗？`
}

/** From now on the copy is read every minute; gives a function that ends it. */
export function keepUp() {
  let at = 0
  const tick = async () => {
    await forgetOld()
    const every = desk.cut || desk.waiting.length ? PROBE_MS : EVERY_MS
    if (!network.connected || !session.signedIn || Date.now() - at < every) return
    at = Date.now()
    await sync()
  }
  clearInterval(ticking)
  ticking = setInterval(tick, PROBE_MS)
  uni.$on('network:back', sync)
  sync()
  return () => {
    clearInterval(ticking)
    uni.$off('network:back', sync)
  }
}

/** A conflict that somebody has looked into; it stays in the log. */
export async function forgetConflict(id) {
  desk.conflicts = desk.conflicts.filter((one) => one.id !== id)
  await shelf.put(name('conflicts', desk.gate), desk.conflicts)
}

// --- Scans ------------------------------------------------------------------------------------

async function queue(scan) {
  await shelf.put(SCANS + scan.scan_id, scan)
  desk.waiting.push(scan)
}

/** The answer without the server, kept to be sent. `visit` is undefined where the copy knows none. */
async function decideHere(visit, { scan_id: id, digest, how, direction }) {
  const at = now()
  if (rules.isSame(last, { digest, direction, now: at }))
    return { ...last.answer, repeated: true, offline: true }
  const said = rules.judge(desk.copy, visit, { how, digest, direction, now: at })
  await queue({
    scan_id: id,
    gate: desk.gate,
    at,
    direction,
    digest,
    how,
    ...outcome(said),
    visit: visit?.id,
  })
  if (said.decision === 'admit') await keepCopy(rules.passed(desk.copy, visit, { how, direction, now: at }))
  const unverified = how === 'rotating' && said.decision === 'admit'
  const shown = visit && desk.copy.visits.find(({ id: known }) => known === visit.id)
  const answer = { ...said, visit: shown || null, check_face: direction === 'in', unverified, who: '' }
  last = { ...said, digest, direction, at, answer }
  return { ...answer, repeated: false, offline: true }
}

const outcome = ({ decision, reason }) => ({ decision, reason })

async function scannedHere(code, direction, id) {
  const shown = rules.read(code)
  if (!shown) return { decision: 'refuse', reason: 'unknown', text: '无效的码', visit: null, offline: true }
  const digest = await fingerprint(shown.part)
  const visit = rules.behind(desk.copy, shown.how, digest)
  return decideHere(visit, { scan_id: id, digest, how: shown.how, direction })
}

// What the server has let through, the copy knows at once: the network may go the next moment.
function noted(answer, how, direction) {
  const visit = answer.visit && desk.copy?.visits.find(({ id }) => id === answer.visit.id)
  if (visit && answer.decision === 'admit')
    keepCopy(rules.passed(desk.copy, visit, { how, direction, now: now(), state: answer.visit.state }))
  return { ...answer, offline: false, unverified: false }
}

/** Asks the server unless it cannot be reached; `here` decides then, where there is a copy. */
async function asked(there, here) {
  if (mayDecide()) {
    if (mine().length && !desk.offline) await sync() // it must not hear of a later scan first
    if (desk.offline || mine().length) return here()
  }
  try {
    const answer = await there()
    desk.cut = false
    return answer
  } catch (failure) {
    const problem = asProblem(failure)
    if (!problem.unanswered) throw problem
    desk.cut = true
    if (!mayDecide()) throw problem
    return here()
  }
}

/** One scan at this gate: the answer of the server, or by the copy with `offline`. Rejects with a Problem. */
export function scanned(code, direction) {
  const id = newKey(24)
  const body = { code, gate: desk.gate, direction, scan_id: id }
  const how = rules.read(code)?.how
  return asked(
    async () => noted(await api.scan(body), how, direction),
    () => scannedHere(code, direction, id),
  )
}

/** Lets somebody in or out who was found by name. */
export function passedByHand(visit, direction, note = '') {
  const scanId = newKey(24) // the same where it has to be queued: the reply alone may be lost
  const text = direction === 'in' ? '请进' : '请慢走'
  return asked(
    async () => {
      const body = { gate: desk.gate, note, scan_id: scanId }
      const order = await api.pass(visit, STEPS[direction], body)
      const answer = { decision: 'admit', reason: 'ok', text, visit: { ...visit, state: order.state } }
      return noted(answer, 'manual', direction)
    },
    () => {
      const known = desk.copy.visits.find(({ id }) => id === visit.id)
      if (!known) throw offline() // invited after the copy was read
      return decideHere(known, { scan_id: scanId, digest: known.digest, how: 'manual', direction })
    },
  )
}

/** A list of the gate, or what `q` finds; without network as the copy knows it, with `offline`. */
export function lists(query) {
  return asked(
    () => api.visits({ gate: desk.gate, ...query }),
    () => ({ ...rules.listed(desk.copy, query), offline: true }),
  )
}

/** Who is inside: from the server, else as last known, with `offline`. */
export async function insideNow() {
  if (network.connected)
    try {
      await fetchEvacuation()
      desk.cut = false
      return { ...desk.evacuation, offline: false }
    } catch (failure) {
      if (!asProblem(failure).unanswered) throw failure
    }
  const known = rules.evacuated(desk.copy, desk.evacuation)
  if (!known.as_of) throw offline()
  return { ...known, offline: true }
}
