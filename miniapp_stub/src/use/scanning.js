/**
 * Scans at a desk, one after another: `answer` is what is shown, `busy` while it is asked for, `recent` what was
 * shown before. A scan that comes while another is judged waits its turn. Answers go after a while, since they
 * show a name.
 */
import { onUnmounted, ref } from 'vue'
import { asProblem } from '@/api/problem'
import { newKey } from '@/api/keys'
import { serverNow } from '@/state/clock'
import { scanned } from '@/state/gate-desk'
import { buzz } from '@/platform/say'
import { chime } from '@/platform/sound'

const SHOWN_MS = 60_000
const MOST_RECENT = 8

const TITLES = { 'scanner-locked': '暂停扫码', 'not-your-gate': '不在此值守', 'rate-limited': '请稍候' }

export function useScanning(way, done) {
  const answer = ref(null)
  const busy = ref(false)
  const recent = ref([])
  const line = []
  let fading = null

  function show(given, direction) {
    answer.value = { ...given, direction, at: serverNow(), key: newKey(8) }
    recent.value = [answer.value, ...recent.value].slice(0, MOST_RECENT)
    const good = given.decision === 'admit'
    buzz(!good)
    chime(good)
    clearTimeout(fading)
    fading = setTimeout(() => (answer.value = null), SHOWN_MS)
  }

  function failed(failure, code, direction) {
    const problem = asProblem(failure)
    const text = TITLES[problem.code] || (problem.unanswered ? '没有核对成功' : '不能判断')
    show({ decision: 'refuse', reason: problem.code, text, detail: problem.detail, again: code }, direction)
  }

  async function judge({ code, direction }) {
    try {
      show(await scanned(code, direction), direction)
    } catch (failure) {
      failed(failure, code, direction)
    }
  }

  async function take(text, direction = way.value) {
    const code = text.trim()
    if (code.length < 2) return
    line.push({ code, direction })
    if (busy.value) return
    busy.value = true
    while (line.length) await judge(line.shift())
    busy.value = false
    done()
  }

  function clear() {
    answer.value = null
  }

  onUnmounted(() => clearTimeout(fading))
  return { answer, busy, recent, take, show, clear }
}
