/** Moving between pages, in the few ways this client does it. */
const TABS = ['/pages/home/home', '/pages/orders/list', '/pages/inbox/inbox', '/pages/me/me']
const SIGN_IN = '/pages/account/sign-in'

// The page a session is needed for, as `/pages/…?query`. A browser keeps it for its tab, should somebody load
// the page anew before they have signed in.
let wanted = ''
let leaving = false

// #ifdef H5
wanted = sessionStorage.getItem('wanted') || ''
// #endif

function want(path) {
  wanted = path
  // #ifdef H5
  sessionStorage.setItem('wanted', path)
  // #endif
}

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

/** To the sign-in page, with no way back; `next` is the page signing in then leads to. */
export function leave(next = '') {
  if (leaving) return
  leaving = true
  want(next)
  uni.reLaunch({ url: SIGN_IN, complete: () => (leaving = false), ...quietly })
}

/** Where somebody is. While pages change, and before there is one, it may be nowhere. */
function here() {
  const page = getCurrentPages().at(-1)
  const paths = [page?.$page?.fullPath, `/${page?.route}`]
  // #ifdef H5
  paths.push(window.location.hash.slice(1))
  // #endif
  return paths.find((path) => path?.startsWith('/pages/')) || ''
}

/** Remembers the page that needed a session, so that signing in leads back to it. */
export function goToSignIn() {
  const path = here()
  if (!path.startsWith('/pages/account/')) leave(path || wanted)
}

/** After sign-in: consent first where it is missing, then the page that was wanted. */
export function goOn(consentNeeded) {
  if (consentNeeded) return uni.reLaunch({ url: '/pages/account/consent', ...quietly })
  const url = wanted || TABS[0]
  want('')
  if (TABS.includes(url)) return open(url)
  // Home lies under it: there is a way back from a page one came to by its address.
  uni.switchTab({ url: TABS[0], success: () => open(url), ...quietly })
}

/** Called once, before the first page: who is not signed in, or has not agreed, first does so. */
export function start({ path, query = {} }, { signedIn, consentNeeded }) {
  const said = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  want(here() || [`/${path}`, said.join('&')].filter(Boolean).join('?'))
  if (!signedIn) leave(wanted)
  else if (consentNeeded) goOn(true)
}
