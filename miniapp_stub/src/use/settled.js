/**
 * Reads again once what was heard has settled: a full `after` ms after the last change, and at least once in
 * that time while changes keep coming.
 */
export function makeSettled(read, after, { set = setTimeout, clear = clearTimeout } = {}) {
  let waiting = null
  let more = false

  function wait() {
    waiting = set(() => {
      waiting = null
      read()
      if (more) wait() // that read may have been too early for what came while it was awaited
      more = false
    }, after)
  }

  function soon() {
    if (waiting === null) wait()
    else more = true
  }

  function stop() {
    clear(waiting)
    waiting = null
    more = false
  }

  return { soon, stop }
}
