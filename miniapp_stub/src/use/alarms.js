/**
 * What security must see at once: who is on the blacklist and stands at a gate, who guesses codes. No order
 * changes by it, so the messages are asked for again and again while a page shows them. `unseen` are those
 * nobody has looked at on this computer.
 */
import { onUnmounted, reactive, ref } from 'vue'
import { messages } from '@/api/orders'
import { session } from '@/state/session'
import { ALARMS } from '@/text/gate'

const EVERY_MS = 10_000
const STORED_AS = 'alarms-seen'

// Shared by the pages that show it: what was looked at on one is so on the other.
const seen = ref('')

export function useAlarms(wanted = true) {
  seen.value = uni.getStorageSync(STORED_AS)?.[session.person?.id] || ''
  const alarms = reactive({
    items: [],
    loaded: false,
    isNew: ({ at }) => at > seen.value,
    get unseen() {
      return this.items.filter(this.isNew)
    },
    reload,
    look,
  })

  async function reload() {
    const page = await messages().catch(() => null) // asked for again soon
    if (!page) return
    alarms.items = page.items.filter(({ title }) => ALARMS.includes(title))
    alarms.loaded = true
  }

  /** Says that all of them have been seen. */
  function look() {
    seen.value = alarms.items[0]?.at || seen.value
    uni.setStorageSync(STORED_AS, { [session.person.id]: seen.value })
  }

  if (wanted) {
    const ticking = setInterval(reload, EVERY_MS)
    reload()
    onUnmounted(() => clearInterval(ticking))
  }
  return alarms
}
