/** Something to load and show: `data`, `problem`, `loading`, `reload()`. Only the latest load counts. */
import { reactive } from 'vue'

export function useTask(load) {
  let turn = 0
  const task = reactive({ data: null, problem: null, loading: false, reload })

  async function reload() {
    const mine = ++turn
    task.loading = true
    try {
      const data = await load()
      if (mine === turn) Object.assign(task, { data, problem: null })
    } catch (problem) {
      if (mine === turn) task.problem = problem
    } finally {
      if (mine === turn) task.loading = false
      uni.stopPullDownRefresh()
    }
  }

  return task
}
