/** A category of repairs as it is being edited: numbers are text while typed. `body` is sent, or null. */
import { computed, reactive } from 'vue'
import { newKey } from '@/api/keys'
import { PRIORITIES } from '@/text/repair-desk'

const SAME = ['name', 'icon', 'dispatch', 'vendors', 'enabled', 'advice', 'impact', 'hours']
const NUMBERS = { accept_days: [1, 30], reopen_days: [0, 90], warn_minutes: [0, 10_000] }
const MINUTES = [1, 100_000]
const USUAL = {
  name: '',
  icon: '',
  dispatch: 'grab',
  vendors: [],
  enabled: true,
  advice: '',
  impact: 2,
  hours: 'office',
  accept_days: 3,
  reopen_days: 7,
  warn_minutes: 60,
  symptoms: [],
  targets: {
    1: { response: 240, solution: 2880 },
    2: { response: 120, solution: 1440 },
    3: { response: 60, solution: 960 },
    4: { response: 30, solution: 480 },
    5: { response: 15, solution: 240 },
  },
  levels: [
    { on: 'response', minutes: 0, notify: 'dispatcher' },
    { on: 'solution', minutes: -60, notify: 'assignee' },
    { on: 'solution', minutes: 0, notify: 'dispatcher' },
    { on: 'solution', minutes: 240, notify: 'manager' },
  ],
}

const wrong = (text, [least, most]) =>
  /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most
    ? ''
    : `请填写 ${least} 到 ${most} 的整数`

export function useCategoryForm() {
  const form = reactive({ symptoms: [], targets: {}, levels: [] })
  fill(USUAL)

  function fill(category) {
    for (const name of SAME) form[name] = Array.isArray(category[name]) ? [...category[name]] : category[name]
    for (const name of Object.keys(NUMBERS)) form[name] = String(category[name])
    form.symptoms = category.symptoms.map((each) => ({ ...each }))
    form.levels = category.levels.map((each) => ({ ...each }))
    for (const [priority] of PRIORITIES) {
      const { response, solution } = category.targets[priority]
      form.targets[priority] = { response: String(response), solution: String(solution) }
    }
  }

  const errorOf = (name) => wrong(form[name], NUMBERS[name])

  /** What is wrong with the targets of a priority: numbers, or a repair that is due before its answer. */
  function targetError(priority) {
    const { response, solution } = form.targets[priority]
    const fault = wrong(response, MINUTES) || wrong(solution, MINUTES)
    if (fault) return fault
    return Number(response) > Number(solution) ? '修复时限不能短于响应时限' : ''
  }

  const addSymptom = () => form.symptoms.push({ id: `s_${newKey(16).toLowerCase()}`, name: '' })
  const removeSymptom = (index) => form.symptoms.splice(index, 1)
  const addLevel = (level) => form.levels.push(level)
  const removeLevel = (index) => form.levels.splice(index, 1)

  const body = computed(() => {
    if (!form.name.trim() || Object.keys(NUMBERS).some(errorOf)) return null
    if (PRIORITIES.some(([priority]) => targetError(priority))) return null
    const said = Object.fromEntries(SAME.map((name) => [name, form[name]]))
    for (const name of Object.keys(NUMBERS)) said[name] = Number(form[name])
    said.symptoms = form.symptoms
      .map(({ id, name }) => ({ id, name: name.trim() }))
      .filter(({ name }) => name)
    said.levels = form.levels.map((each) => ({ ...each }))
    said.targets = Object.fromEntries(
      PRIORITIES.map(([priority]) => {
        const { response, solution } = form.targets[priority]
        return [priority, { response: Number(response), solution: Number(solution) }]
      }),
    )
    return { ...said, name: form.name.trim(), advice: form.advice.trim() }
  })

  return { form, fill, errorOf, targetError, addSymptom, removeSymptom, addLevel, removeLevel, body }
}
