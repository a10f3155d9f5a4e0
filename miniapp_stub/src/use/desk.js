/** Which canteen this phone works for: the one chosen last, among those the person has a post at. */
import { computed, ref } from 'vue'
import { canteens } from '@/api/meals'
import { useTask } from '@/use/task'
import { session } from '@/state/session'

const STORED_AS = 'desk'

const chosen = ref(uni.getStorageSync(STORED_AS) || '')

export function useDesk() {
  const list = useTask(async () => {
    const posts = (session.person?.posts || [])
      .filter((post) => post.role === 'canteen')
      .map((post) => post.at)
    const all = await canteens()
    return posts.length ? all.filter((c) => posts.includes(c.id)) : all
  })
  const canteen = computed(() => list.data?.find((c) => c.id === chosen.value) || list.data?.[0] || null)

  function choose(id) {
    chosen.value = id
    uni.setStorageSync(STORED_AS, id)
  }

  return { list, canteen, choose }
}
