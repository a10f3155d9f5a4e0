/**
 * A request that did not succeed, in the words of RFC 9457.
 *
 * `code` is stable (kebab-case); `detail` is a Chinese sentence to show as it is; `facts` are the extra
 * members of the reply (`queue`, `redeemed_at`, ...). Requests that never got an answer have status 0.
 */
export class Problem extends Error {
  constructor({ status = 0, code = 'unknown', detail, errors = [], retryAfter = null, facts = {} }) {
    super(detail)
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
    this.retryAfter = retryAfter
    this.facts = facts
  }

  /** Whether the request may have been carried out although no answer came back. */
  get unanswered() {
    return this.status === 0 || this.status >= 500
  }
}

const BY_STATUS = {
  400: '请求格式有误，请返回重试。',
  401: '登录已失效，请重新登录。',
  403: '您没有权限进行此操作。',
  404: '没有找到相关内容，可能已被移除。',
  409: '内容已发生变化，请刷新后重试。',
  413: '文件过大，请压缩后重试。',
  429: '操作过于频繁，请稍后再试。',
  503: '系统繁忙，请稍后重试。',
}

export const offline = () => new Problem({ code: 'offline', detail: '网络未连接，请检查网络后重试。' })

export const timedOut = () =>
  new Problem({ code: 'timeout', detail: '网络较慢，服务器没有及时回应，请重试。' })

// Of fields that are wrong, the first is told: not every page has a place beside each field.
const wrong = (code, errors) =>
  code === 'fields-wrong' && errors?.[0]?.detail ? `填写的内容有误：${errors[0].detail}` : ''

/** The Problem told by a reply of status 400 or more. */
export function problemFrom(status, body, retryAfter) {
  const { type, title, status: _, code, detail, errors, request_id: __, ...facts } = body || {}
  const fallback = BY_STATUS[status] || '服务器暂时无法处理，请稍后重试。'
  return new Problem({
    status,
    code: code || `http-${status}`,
    detail: wrong(code, errors) || detail || title || fallback,
    errors: errors || [],
    retryAfter: retryAfter ? Number(retryAfter) : null,
    facts,
  })
}

export const notFound = () => new Problem({ status: 404, code: 'not-found', detail: BY_STATUS[404] })

/** What went wrong as a Problem. Anything else than one is a fault of ours, and is logged. */
export function asProblem(failure) {
  if (failure instanceof Problem) return failure
  console.error(failure)
  return new Problem({ code: 'client-fault', detail: '页面出了问题，请返回重试。' })
}
