/** The gates this person serves at, and which of them this computer or phone keeps. */
import { computed, ref } from 'vue'
import { gates } from '@/api/gate'
import { session } from '@/state/session'
import { useTask } from '@/use/task'

const STORED_AS = 'gates'
const CHOSEN_AS = 'gate'

const chosen = ref(uni.getStorageSync(CHOSEN_AS) || '')

// The names of gates are nobody's secret: a desk that starts without network must know its own.
async function orKept() {
  try {
    const found = await gates()
    uni.setStorageSync(STORED_AS, found)
    return found
  } catch (problem) {
    const known = uni.getStorageSync(STORED_AS)
    if (!problem.unanswered || !known) throw problem
    return known
  }
}

export function useGates() {
  const all = useTask(orKept)
  const mine = computed(() => {
    const posts = (session.person?.posts || []).map((post) => post.at)
    return (all.data || []).filter(({ id }) => posts.includes(id))
  })
  const gate = computed(() => mine.value.find(({ id }) => id === chosen.value) || mine.value[0] || null)
  const nameOf = (id) => all.data?.find((each) => each.id === id)?.name || id

  function choose(id) {
    chosen.value = id
    uni.setStorageSync(CHOSEN_AS, id)
  }

  return { all, mine, gate, nameOf, choose }
}
