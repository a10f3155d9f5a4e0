/** A room as it is being edited: numbers are text while they are typed. `body` is what is sent, or null. */
import { computed, reactive } from 'vue'

const NUMBERS = {
  floor: [-9, 99],
  seats: [1, 2000],
  setup_minutes: [0, 240],
  cleanup_minutes: [0, 240],
  notice_minutes: [0, 20_160],
  horizon_days: [1, 366],
  max_minutes: [10, 1440],
  remind_minutes: [0, 1440],
  before: [0, 120],
  within: [1, 120],
}
const SAME = ['name', 'building', 'equipment', 'layouts', 'approval', 'opens', 'closes', 'weekends', 'note']
const CHECK_IN = ['before', 'within']
const USUAL = {
  name: '',
  building: '',
  floor: 1,
  seats: 12,
  equipment: [],
  layouts: [],
  approval: false,
  setup_minutes: 0,
  cleanup_minutes: 0,
  opens: '08:00',
  closes: '21:00',
  weekends: false,
  notice_minutes: 0,
  horizon_days: 90,
  max_minutes: 480,
  check_in: { before: 15, within: 15 },
  remind_minutes: 15,
  note: '',
}

export function useRoomForm() {
  const form = reactive({})
  fill(USUAL)

  function fill(room) {
    for (const name of SAME) form[name] = Array.isArray(room[name]) ? [...room[name]] : room[name]
    form.checks = Boolean(room.check_in)
    const numbers = { ...USUAL.check_in, ...room, ...room.check_in }
    for (const name of Object.keys(NUMBERS)) form[name] = String(numbers[name])
  }

  function errorOf(name) {
    if (CHECK_IN.includes(name) && !form.checks) return ''
    const [least, most] = NUMBERS[name]
    const number = Number(form[name])
    const right = /^-?\d+$/.test(form[name]) && number >= least && number <= most
    return right ? '' : `请填写 ${least} 到 ${most} 的整数`
  }

  const body = computed(() => {
    if (!form.name.trim() || !form.building.trim() || form.opens >= form.closes) return null
    if (Object.keys(NUMBERS).some(errorOf)) return null
    const said = Object.fromEntries(SAME.map((name) => [name, form[name]]))
    for (const name of Object.keys(NUMBERS)) if (!CHECK_IN.includes(name)) said[name] = Number(form[name])
    const checks = form.checks && { before: Number(form.before), within: Number(form.within) }
    return { ...said, name: form.name.trim(), building: form.building.trim(), check_in: checks || null }
  })

  return { form, fill, errorOf, body }
}
