/**
 * A task that shows the server's board, which is up to a second old: whatever changed is read once that
 * second is over.
 */
import { onUnmounted } from 'vue'
import { useLive } from '@/use/live'
import { makeSettled } from '@/use/settled'
import { useTask } from '@/use/task'

const SETTLED_MS = 1200

export function useBoard(load) {
  const task = useTask(load)
  const { soon, stop } = makeSettled(task.reload, SETTLED_MS)

  useLive(soon)
  onUnmounted(stop)
  return { task, soon }
}
