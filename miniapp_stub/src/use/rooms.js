/** All meeting rooms with their buildings, and the building this phone works on: '' means every one. */
import { computed, ref } from 'vue'
import { rooms } from '@/api/meeting-desk'
import { useTask } from '@/use/task'

const STORED_AS = 'desk-building'

const building = ref(uni.getStorageSync(STORED_AS) || '')

export function useRooms() {
  const list = useTask(rooms)
  const buildings = computed(() => [...new Set((list.data || []).map((room) => room.building))].sort())
  const shown = computed(() =>
    (list.data || []).filter((room) => !building.value || room.building === building.value),
  )

  function choose(name) {
    building.value = name
    uni.setStorageSync(STORED_AS, name)
  }

  return { list, buildings, building, shown, choose }
}
