/**
 * Requests on behalf of the signed-in person: `get`, `post`, `put`, `del`, and `binary` for files.
 *
 * An expired access token is renewed once, for all waiting requests together. Requests that are safe to
 * repeat (reads, and creations with an idempotency key) are tried a second time when no answer came.
 */
import { exchange } from '@/api/wire'
import { renew } from '@/api/tokens'
import { session, endSession } from '@/state/session'

const RETRY_PAUSE_MS = 700

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function withSession(request) {
  const token = session.accessToken || (await renewOrEnd(''))
  const signed = (t) => ({ ...request, headers: { ...request.headers, Authorization: `Bearer ${t}` } })
  try {
    return await exchange(signed(token))
  } catch (problem) {
    if (problem.status !== 401) throw problem
    return exchange(signed(await renewOrEnd(token)))
  }
}

async function renewOrEnd(staleToken) {
  try {
    return await renew(staleToken)
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) {
      endSession()
      uni.$emit('session:ended')
    }
    throw problem
  }
}

async function request(options) {
  const repeatable = options.method === 'GET' || Boolean(options.headers?.['Idempotency-Key'])
  try {
    return await withSession(options)
  } catch (problem) {
    const worthRepeating = repeatable && (problem.code === 'offline' || problem.code === 'timeout')
    if (!worthRepeating) throw problem
    await pause(RETRY_PAUSE_MS)
    return withSession(options)
  }
}

const dataOf = (options) => request(options).then((reply) => reply.data)

export const get = (path, query) => dataOf({ method: 'GET', path, query })

function headersOf({ key, version } = {}) {
  const headers = {}
  if (key) headers['Idempotency-Key'] = key
  if (version !== undefined) headers['If-Match'] = `"${version}"`
  return headers
}

/**
 * `said.key`: idempotency key of this intent; `said.version`: the version seen, sent as If-Match;
 * `said.timeout`: how many ms an answer is waited for.
 */
export const post = (path, body, said) =>
  dataOf({ method: 'POST', path, body, headers: headersOf(said), timeout: said?.timeout })
export const put = (path, body, said) => dataOf({ method: 'PUT', path, body, headers: headersOf(said) })

export const del = (path, query) => dataOf({ method: 'DELETE', path, query })

/** Sends the bytes of a file as they are; waits longer, as phones upload slowly. */
export function upload(path, { bytes, type }, { query, version } = {}) {
  const headers = { ...headersOf({ version }), 'Content-Type': type }
  return dataOf({ method: 'POST', path, query, body: bytes, headers, timeout: 60_000 })
}

/** The bytes of a protected file, with its media type. */
export async function download(path, query) {
  const reply = await request({ method: 'GET', path, query, binary: true, timeout: 30_000 })
  return { bytes: reply.data, type: reply.header('content-type') || 'application/octet-stream' }
}
