/**
 * Something on record that is edited on a page of its own, or added where the address names none: `load(id)`
 * fills the form, `save(body)` sends what was typed and leaves the page. What is added has one id
 * from the start, so that a second try after a lost reply adds nothing twice.
 */
import { ref } from 'vue'
import { onLoad } from '@dcloudio/uni-app'
import { newKey } from '@/api/keys'
import { useSubmit } from '@/use/submit'
import { useTask } from '@/use/task'
import { back } from '@/platform/navigate'
import { toast } from '@/platform/say'

export function useRecord({ load, send, prefix, adding, done = '已保存' }) {
  const id = ref('')
  let target = ''
  const given = ref({}) // by the address
  const task = useTask(() => load(id.value))
  const saving = useSubmit((body) => send(target, body))

  async function save(body) {
    if (await saving.run(body)) {
      toast(done)
      return back()
    }
    const { problem } = saving
    if (problem) toast(problem.errors[0]?.detail || problem.detail)
  }

  onLoad((query) => {
    given.value = query
    id.value = query.id || ''
    target = query.id || `${prefix}${newKey(16).toLowerCase()}`
    if (!id.value) uni.setNavigationBarTitle({ title: adding })
    task.reload()
  })

  return { id, given, task, saving, save }
}
