/**
 * Something on record that is edited on a page of its own, or added where the address names none: `load(id)`
 * fills the form, `save(body)` sends what was typed and leaves the page.
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
  const given = ref({}) // by the address
  const task = useTask(() => load(id.value))
  const saving = useSubmit((body) => send(id.value || `${prefix}${newKey(16).toLowerCase()}`, body))

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
    if (!id.value) uni.setNavigationBarTitle({ title: adding })
    task.reload()
  })

  return { id, given, task, saving, save }
}
