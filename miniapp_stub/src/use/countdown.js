/** Seconds until a code may be sent again: `left`, and `start(seconds)`. */
import { ref, onUnmounted } from 'vue'

export function useCountdown() {
  const left = ref(0)
  let ticking = null

  function stop() {
    clearInterval(ticking)
  }

  function start(seconds) {
    stop()
    left.value = seconds
    ticking = setInterval(() => {
      left.value -= 1
      if (left.value <= 0) stop()
    }, 1000)
  }

  onUnmounted(stop)
  return { left, start }
}
