/** Whole addresses, to be opened on another device or in another program. */
import { HOST } from '@/api/wire'

export function pageAddress(path) {
  // #ifdef H5
  return `${location.origin}${location.pathname}#${path}`
  // #endif
  // #ifndef H5
  return `${HOST}/#${path}`
  // #endif
}

/** The whole address of something the server names by its path alone. */
export function wholeAddress(path) {
  // #ifdef H5
  return new URL(path, location.origin).href
  // #endif
  // #ifndef H5
  return HOST + path
  // #endif
}
