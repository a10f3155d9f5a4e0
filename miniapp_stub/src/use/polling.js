/**
 * Reads again and again while a page is looked at: `every` ms after an answer, at once when the network or
 * the app is back, and more and more rarely while there is no answer. `load()` resolves to whether to go on.
 */
import { onUnmounted } from 'vue'
import { asProblem } from '@/api/problem'

const LONGEST = 4 // times `every`

export function usePolling(load, every) {
  let waiting = null
  let turn = 0
  let wanted = false
  let pause = every

  async function poll(mine) {
    let on = true
    try {
      on = await load()
      pause = every
    } catch (failure) {
      const { retryAfter } = asProblem(failure)
      pause = Math.max(Math.min(pause * 2, every * LONGEST), (retryAfter || 0) * 1000)
    }
    if (mine !== turn) return
    wanted = on
    if (on) waiting = setTimeout(poll, pause, mine)
  }

  function hold() {
    turn += 1
    clearTimeout(waiting)
  }

  function start() {
    hold()
    wanted = true
    pause = every
    return poll(turn)
  }

  function stop() {
    hold()
    wanted = false
  }

  const again = () => wanted && start()
  uni.$on('network:back', again)
  uni.onAppShow(again)
  uni.onAppHide(hold)
  onUnmounted(() => {
    stop()
    uni.$off('network:back', again)
    uni.offAppShow(again)
    uni.offAppHide(hold)
  })
  return { start, stop }
}
