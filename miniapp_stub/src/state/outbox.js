/**
 * What a technician did without a network: kept on the phone, photos included, and sent in order when it is
 * back. See state/queue.js for the rules.
 */
import { reactive } from 'vue'
import { act, sendPhoto } from '@/api/repairs'
import { newKey } from '@/api/keys'
import { asProblem, Problem } from '@/api/problem'
import { network } from '@/state/network'
import { session } from '@/state/session'
import { forget, keep, kept } from '@/platform/keep'
import { makeQueue } from '@/state/queue'
import { summaryOf } from '@/text/kinds'

const STORED_AS = 'outbox'
const LOCAL = 'local:'
const EVERY_MS = 20_000
const PASSING = [401, 408, 429] // the act itself was not judged

export const outbox = reactive({
  all: uni.getStorageSync(STORED_AS) || [],
  get entries() {
    return this.all.filter((one) => one.by === session.person?.id)
  },
  get stuck() {
    return this.entries.filter((one) => one.state === 'stuck')
  },
})

const queue = makeQueue({
  entries: outbox.all,
  store: (entries) => uni.setStorageSync(STORED_AS, JSON.parse(JSON.stringify(entries))),
  send,
  passing: (problem) => problem.unanswered || PASSING.includes(problem.status),
})

const isLocal = (ref) => typeof ref === 'string' && ref.startsWith(LOCAL)

/** Keeps a photo on the phone; gives the name that stands for it in an act's body. */
export async function keepPhoto(file) {
  const name = newKey()
  await keep(name, file)
  return LOCAL + name
}

async function uploaded(ref) {
  if (!isLocal(ref)) return ref
  const file = await kept(ref.slice(LOCAL.length))
  if (!file) throw new Problem({ status: 422, code: 'photo-lost', detail: '照片已不在手机上，请重新拍摄。' })
  return sendPhoto(file)
}

// A photo that was sent is known by its id from then on, also if the act itself has to be tried again.
async function withPhotos(entry) {
  for (const [name, value] of Object.entries(entry.body)) {
    const refs = Array.isArray(value) ? value : [value]
    for (const [at, ref] of refs.entries()) {
      if (!isLocal(ref)) continue
      const id = await uploaded(ref)
      if (Array.isArray(value)) value[at] = id
      else entry.body[name] = id
      uni.setStorageSync(STORED_AS, JSON.parse(JSON.stringify(outbox.all)))
      await forget(ref.slice(LOCAL.length))
    }
  }
}

async function send(entry) {
  try {
    await withPhotos(entry)
    return await act(entry.ticket, entry.transition, entry.body, { key: entry.key, version: entry.version })
  } catch (failure) {
    throw asProblem(failure)
  }
}

/** Sends what waits, if anything does. Pages of the tickets hear of it as of any change. */
export async function flush() {
  if (!session.signedIn) return []
  const results = await queue.flush(session.person?.id)
  for (const { ticket } of results) if (ticket) uni.$emit('order:changed', { order_id: ticket.id })
  return results
}

const aboutOf = (order) => {
  const { title, when } = summaryOf(order)
  return `${title} · ${when}`
}

/**
 * Does an act now, or keeps it until the network is back. Resolves to the ticket, or to null where it was
 * kept; rejects with the refusal where the server would not have it, and then nothing is kept.
 */
export async function actOrKeep(order, transition, body) {
  const key = newKey()
  const id = queue.add({
    id: key,
    by: session.person.id,
    ticket: order.id,
    transition,
    body,
    key,
    version: order.version,
    about: aboutOf(order),
    at: Date.now(),
  })
  const results = network.connected ? await flush() : []
  const mine = results.find((one) => one.id === id)
  if (mine?.problem) {
    discard(id)
    throw mine.problem
  }
  return mine?.ticket || null
}

/** What waits of a ticket, oldest first. */
export const waitingOf = (ticket) => outbox.entries.filter((one) => one.ticket === ticket)

export function sendAgain(id, version) {
  queue.again(id, version, newKey())
  return flush()
}

export function discard(id) {
  const refs = queue.drop(id).flatMap((entry) => Object.values(entry.body).flat())
  refs.filter(isLocal).forEach((ref) => forget(ref.slice(LOCAL.length)))
}

/** From now on what waits is sent as soon as the network is back. */
export function watchOutbox() {
  uni.$on('network:back', flush)
  setInterval(() => outbox.entries.some((one) => one.state === 'waiting') && flush(), EVERY_MS)
}
