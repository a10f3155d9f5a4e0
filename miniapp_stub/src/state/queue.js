/**
 * Acts that wait on the phone until the network is back. They are sent one at a time and in order, each with
 * the key it was given, so that one sent twice is done once. An act that follows another on the same ticket
 * is sent with the version that one was answered with.
 *
 * What the server refuses for good stays as `stuck`, with the refusal, and holds back what follows on the
 * same ticket; nothing leaves the queue but by having been done or by `drop`.
 *
 * An entry: `{ id, by, ticket, transition, body, key, version, state, problem }`; `version` null means "as
 * the one before leaves it". `send(entry)` resolves to the ticket, or rejects with a problem; a problem that
 * is `passing` leaves the entry waiting and ends the round.
 */
export function makeQueue({ entries, store, send, passing }) {
  let round = null

  const before = (entry) =>
    entries.slice(0, entries.indexOf(entry)).filter((one) => one.ticket === entry.ticket)
  const held = (entry) => before(entry).some((one) => one.state === 'stuck')
  const next = (by) => entries.find((one) => one.by === by && one.state === 'waiting' && !held(one))

  function add(entry) {
    const follows = entries.some((one) => one.ticket === entry.ticket)
    entries.push({ ...entry, version: follows ? null : entry.version, state: 'waiting', problem: null })
    store(entries)
    return entry.id
  }

  function remove(entry) {
    entries.splice(entries.indexOf(entry), 1)
  }

  async function sendOne(entry) {
    try {
      const ticket = await send(entry)
      remove(entry)
      const following = entries.find((one) => one.ticket === entry.ticket)
      if (following && following.version === null) following.version = ticket.version
      return { id: entry.id, ticket }
    } catch (problem) {
      if (passing(problem)) return null
      Object.assign(entry, { state: 'stuck', problem: { code: problem.code, detail: problem.detail } })
      return { id: entry.id, problem }
    } finally {
      store(entries)
    }
  }

  async function run(by) {
    const results = []
    for (let entry = next(by); entry; entry = next(by)) {
      const result = await sendOne(entry)
      if (!result) break
      results.push(result)
    }
    return results
  }

  /** Sends what waits of a person; gives what came of each: `{ id, ticket }` or `{ id, problem }`. */
  function flush(by) {
    round ||= run(by).finally(() => (round = null))
    return round
  }

  /** Has a stuck act sent again, on the version that is seen now, as a new act. */
  function again(id, version, key) {
    const entry = entries.find((one) => one.id === id)
    Object.assign(entry, { state: 'waiting', problem: null, version, key })
    store(entries)
  }

  /** Gives an act up. What follows on the ticket was meant to come after it, and is given up with it. */
  function drop(id) {
    const entry = entries.find((one) => one.id === id)
    const gone = entries.slice(entries.indexOf(entry)).filter((one) => one.ticket === entry.ticket)
    gone.forEach(remove)
    store(entries)
    return gone
  }

  return { add, flush, again, drop }
}
