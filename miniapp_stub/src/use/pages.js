/** A list read page by page: `items`, `more()` for the next page, `reload()` from the start. */
import { reactive } from 'vue'
import { asProblem } from '@/api/problem'

export function usePages(load) {
  let turn = 0
  let next = null
  const list = reactive({
    items: [],
    loaded: false,
    ended: false,
    problem: null,
    loading: false,
    reload,
    more,
  })

  async function read(after) {
    const mine = ++turn
    list.loading = true
    try {
      const page = await load(after)
      if (mine !== turn) return
      list.items = after ? list.items.concat(page.items) : page.items
      next = page.next
      Object.assign(list, { loaded: true, ended: !next, problem: null })
    } catch (failure) {
      if (mine === turn) list.problem = asProblem(failure)
    } finally {
      if (mine === turn) list.loading = false
      uni.stopPullDownRefresh()
    }
  }

  function reload() {
    return read(undefined)
  }

  function more() {
    if (list.loading || list.ended || !list.loaded) return
    return read(next)
  }

  return list
}
