/** The server's time as a ref that ticks once a second while the page lives. */
import { ref, onUnmounted } from 'vue'
import { serverNow } from '@/state/clock'

export function useNow() {
  const now = ref(serverNow())
  const ticking = setInterval(() => (now.value = serverNow()), 1000)
  onUnmounted(() => clearInterval(ticking))
  return now
}
