/** Addresses of pages of the web client, to be opened on another device. */
import { HOST } from '@/api/wire'

export function pageAddress(path) {
  // #ifdef H5
  return `${location.origin}${location.pathname}#${path}`
  // #endif
  // #ifndef H5
  return `${HOST}/#${path}`
  // #endif
}
