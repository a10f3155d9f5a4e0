/** Renewal of the session: one refresh at a time, shared by every request that waits for it. */
import { exchange } from '@/api/wire'
import { Problem } from '@/api/problem'
import { session, keepSession } from '@/state/session'

let underWay = null

/** A fresh access token; `staleToken` is the one that was refused, so a renewal already done is reused. */
export function renew(staleToken) {
  if (session.accessToken && session.accessToken !== staleToken) return Promise.resolve(session.accessToken)
  underWay ??= refresh().finally(() => (underWay = null))
  return underWay
}

async function refresh() {
  if (!session.refreshToken) throw new Problem({ status: 401, code: 'sign-in-needed', detail: '请先登录。' })
  const body = { refresh_token: session.refreshToken }
  const reply = await exchange({ method: 'POST', path: '/sessions/refresh', body })
  keepSession(reply.data)
  return reply.data.access_token
}
