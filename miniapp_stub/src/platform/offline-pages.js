/**
 * Has the browser keep the built pages, so that a desk comes up again without a network: scripts/pages-worker.js.
 * Whoever never serves at a gate never has it. A mini-program is installed whole.
 */
export function keepPages() {
  // #ifdef H5
  navigator.serviceWorker?.register('./pages-worker.js').catch((fault) => console.warn(fault))
  // #endif
}
