import { Problem } from '@/api/problem'

/** The one-time login code of the WeChat account; only the mini-program has one. */
export function loginCode() {
  return new Promise((resolve, reject) =>
    uni.login({
      provider: 'weixin',
      success: ({ code }) => resolve(code),
      fail: () => reject(new Problem({ code: 'login-failed', detail: '微信登录没有成功，请重试。' })),
    }),
  )
}
