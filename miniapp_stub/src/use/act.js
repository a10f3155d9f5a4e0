/** Runs an act and says how it went: a toast either way. Resolves to whether it was done. */
import { ref } from 'vue'
import { toast } from '@/platform/say'

export function useAct() {
  const busy = ref(false)

  async function act(doing, done) {
    if (busy.value) return false
    busy.value = true
    try {
      await doing()
      if (done) toast(done)
      return true
    } catch (problem) {
      toast(problem.detail || problem.message)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, act }
}
