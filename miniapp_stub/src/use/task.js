/** Something to load and show: `data`, `problem`, `loading`, `reload()`. Only the latest load counts. */
import { reactive } from 'vue'
import { asProblem } from '@/api/problem'

export function useTask(load) {
  let turn = 0
  const task = reactive({ data: null, problem: null, loading: false, reload })

  async function reload() {
    const mine = ++turn
    task.loading = true
    try {
      const data = await load()
      if (mine === turn) Object.assign(task, { data, problem: null })
    } catch (failure) {
      if (mine === turn) task.problem = asProblem(failure)
    } finally {
      if (mine === turn) task.loading = false
      uni.stopPullDownRefresh()
    }
  }

  return task
}
