/**
 * A task that shows the server's board, which is up to a second old: what changed is read once that second
 * is over, however many changes it brought.
 */
import { onUnmounted } from 'vue'
import { useLive } from '@/use/live'
import { useTask } from '@/use/task'

const SETTLED_MS = 1200

export function useBoard(load) {
  const task = useTask(load)
  let waiting = null

  function soon() {
    if (waiting) return
    waiting = setTimeout(() => {
      waiting = null
      task.reload()
    }, SETTLED_MS)
  }

  useLive(soon)
  onUnmounted(() => clearTimeout(waiting))
  return { task, soon }
}
