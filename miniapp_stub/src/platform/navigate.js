/** Moving between pages, in the few ways this client does it. */
const TABS = ['/pages/home/home', '/pages/orders/list', '/pages/inbox/inbox', '/pages/me/me']
const SIGN_IN = '/pages/account/sign-in'

let wanted = ''

export const open = (url) => (TABS.includes(url) ? uni.switchTab({ url }) : uni.navigateTo({ url }))
export const replace = (url) => uni.redirectTo({ url })

/** Back one page, or home where a page was opened by its address. */
export function back() {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goHome()
}

export const goHome = () => uni.switchTab({ url: TABS[0] })

/** Remembers the page that needed a session, so that signing in leads back to it. */
export function goToSignIn() {
  const page = getCurrentPages().at(-1)
  const path = page && (page.$page?.fullPath || `/${page.route}`)
  if (path?.startsWith('/pages/account/')) return
  wanted = path || ''
  uni.reLaunch({ url: SIGN_IN })
}

/** After sign-in: consent first where it is missing, then the page that was wanted. */
export function goOn(consentNeeded) {
  if (consentNeeded) return uni.reLaunch({ url: '/pages/account/consent' })
  const url = wanted || TABS[0]
  wanted = ''
  return TABS.includes(url) ? uni.switchTab({ url }) : uni.reLaunch({ url })
}
