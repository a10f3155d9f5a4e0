/**
 * Fetches what a person is likely to open next, while the phone has nothing else to do: pages then open at
 * once, and without a network they still come up and say so. Only the browser needs it; a mini-program is
 * installed whole.
 */
import { hasRole } from '@/state/session'

const PAGES = [
  'orders/list',
  'inbox/inbox',
  'me/me',
  'meals/order',
  'meetings/home',
  'orders/detail',
  'repairs/report',
  'visitors/home',
]
const WORK = ['repairs/work', 'repairs/finish', 'repairs/outbox'] // done where there may be no network
const TAB_ICONS = ['home', 'orders', 'inbox', 'me']
const PAUSE_MS = 1500

export function warmUp() {
  // #ifdef H5
  setTimeout(() => {
    if (!navigator.onLine) return
    for (const page of hasRole('technician') ? [...PAGES, ...WORK] : PAGES)
      uni.preloadPage({ url: `/pages/${page}`, fail() {} })
    for (const icon of TAB_ICONS)
      for (const look of ['', '-on']) new Image().src = `./static/tab/${icon}${look}.png`
  }, PAUSE_MS)
  // #endif
}
