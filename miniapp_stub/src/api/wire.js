/**
 * One HTTP exchange with the server, on both targets: no session, no retry.
 *
 * Resolves to `{ status, data, header(name) }` for every answer below 400; rejects with a `Problem`.
 */
import { problemFrom, offline, timedOut } from '@/api/problem'
import { keepServerTime } from '@/state/clock'
import { network } from '@/state/network'

// #ifdef H5
export const HOST = ''
// #endif
// #ifndef H5
export const HOST = import.meta.env.VITE_API_BASE || 'http://127.0.0.1:8000'
// #endif

export const API = `${HOST}/api/v1`

const TIMEOUT_MS = 10_000

function queryString(query = {}) {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== '')
  if (!pairs.length) return ''
  return '?' + pairs.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&')
}

function headerReader(headers = {}) {
  const lower = {}
  for (const name of Object.keys(headers)) lower[name.toLowerCase()] = headers[name]
  return (name) => lower[name.toLowerCase()]
}

// An error reply to a binary request arrives as bytes; read it as the JSON it is.
function readBody(data) {
  if (!(data instanceof ArrayBuffer)) return data
  const bytes = Array.from(new Uint8Array(data), (b) => '%' + b.toString(16).padStart(2, '0'))
  try {
    return JSON.parse(decodeURIComponent(bytes.join('')))
  } catch {
    return null
  }
}

export function exchange({ method = 'GET', path, query, body, headers = {}, binary, timeout = TIMEOUT_MS }) {
  return new Promise((resolve, reject) => {
    uni.request({
      url: API + path + queryString(query),
      method,
      data: body,
      header: { 'Content-Type': 'application/json', 'Accept-Language': 'zh-CN', ...headers },
      responseType: binary ? 'arraybuffer' : 'text',
      timeout,
      success(reply) {
        const header = headerReader(reply.header)
        const status = reply.statusCode
        if (!status) return reject(offline())
        keepServerTime(header('date'))
        network.reached = true
        if (status < 400) return resolve({ status, data: reply.data, header })
        reject(problemFrom(status, readBody(reply.data), header('retry-after')))
      },
      fail(failure) {
        const slow = /timeout/i.test(failure.errMsg || '')
        if (!slow) network.reached = false
        reject(slow ? timedOut() : offline())
      },
    })
  })
}
