/** Moving between pages, in the few ways this client does it. */
const TABS = ['/pages/home/home', '/pages/orders/list', '/pages/inbox/inbox', '/pages/me/me']
const SIGN_IN = '/pages/account/sign-in'

let wanted = ''
let leaving = false

// The framework refuses to open a page twice at once, which is what a double tap asks for.
const quietly = { fail() {} }

// What a toast says belongs to the page that is being left.
const hush = () => uni.hideToast(quietly)

export function open(url) {
  hush()
  if (TABS.includes(url)) uni.switchTab({ url, ...quietly })
  else uni.navigateTo({ url, ...quietly })
}

export function replace(url) {
  hush()
  uni.redirectTo({ url, ...quietly })
}

export const goHome = () => open(TABS[0])

/** Back one page, or home where a page was opened by its address. */
export function back() {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goHome()
}

// #ifdef H5
/**
 * Before the first page is made: one that took another's place has no button back once it is loaded anew,
 * because the framework takes it for the only page there is. Home is where it then leads.
 */
export function keepWayBack() {
  if (history.state?.__type__) history.replaceState({ ...history.state, __type__: 'navigateTo' }, '')
}
// #endif

/** To the sign-in page, with no way back. */
export function leave() {
  if (leaving) return
  leaving = true
  uni.reLaunch({ url: SIGN_IN, complete: () => (leaving = false), ...quietly })
}

/** Remembers the page that needed a session, so that signing in leads back to it. */
export function goToSignIn() {
  const page = getCurrentPages().at(-1)
  let path = page && (page.$page?.fullPath || `/${page.route}`)
  // #ifdef H5
  if (!page && !wanted) path = window.location.hash.slice(1) // of a page that has just been loaded
  // #endif
  if (path?.startsWith('/pages/account/')) return
  if (path?.startsWith('/pages/')) wanted = path // while pages change there is none: the one before stands
  leave()
}

/** After sign-in: consent first where it is missing, then the page that was wanted. */
export function goOn(consentNeeded) {
  if (consentNeeded) return uni.reLaunch({ url: '/pages/account/consent', ...quietly })
  const url = wanted || TABS[0]
  wanted = ''
  if (TABS.includes(url)) return open(url)
  // Home lies under it: there is a way back from a page one came to by its address.
  uni.switchTab({ url: TABS[0], success: () => open(url), ...quietly })
}
