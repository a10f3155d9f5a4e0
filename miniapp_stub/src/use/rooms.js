/** All meeting rooms with their buildings, and the building this phone works on: '' means every one. */
import { computed, ref } from 'vue'
import { rooms } from '@/api/meeting-desk'
import { useTask } from '@/use/task'

const STORED_AS = 'desk-building'

const chosen = ref(uni.getStorageSync(STORED_AS) || '')

export function useRooms() {
  const list = useTask(rooms)
  const buildings = computed(() => [...new Set((list.data || []).map((room) => room.building))].sort())
  const building = computed(() => (buildings.value.includes(chosen.value) ? chosen.value : ''))
  const shown = computed(() =>
    (list.data || []).filter((room) => !building.value || room.building === building.value),
  )

  function choose(name) {
    chosen.value = name
    uni.setStorageSync(STORED_AS, name)
  }

  return { list, buildings, building, shown, choose }
}
