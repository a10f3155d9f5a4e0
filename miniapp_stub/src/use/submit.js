/**
 * One act at a time, done once. A second tap while it runs does nothing; after a lost reply the next try
 * carries the same idempotency key; a definite answer, or a different body, starts a new key.
 */
import { reactive } from 'vue'
import { newKey } from '@/api/keys'
import { asProblem } from '@/api/problem'

export function useSubmit(act) {
  let key = ''
  let meant = ''
  const state = reactive({ busy: false, problem: null, run })

  async function run(body) {
    if (state.busy) return undefined
    const means = JSON.stringify(body)
    if (!key || means !== meant) key = newKey()
    meant = means
    Object.assign(state, { busy: true, problem: null })
    try {
      const done = await act(body, key)
      key = ''
      return done
    } catch (failure) {
      const problem = asProblem(failure)
      if (!problem.unanswered) key = ''
      state.problem = problem
      return undefined
    } finally {
      state.busy = false
    }
  }

  return state
}
