/** Calls `changed(frame)` when an order this page shows moved on; without a frame, when anything may have. */
import { onUnmounted } from 'vue'

export function useLive(changed) {
  const resync = () => changed(null)
  uni.$on('order:changed', changed)
  uni.$on('order:resync', resync)
  onUnmounted(() => {
    uni.$off('order:changed', changed)
    uni.$off('order:resync', resync)
  })
}
