/**
 * A spreadsheet to import: first what would happen, line by line, then the import itself. `send(file, dryRun)`
 * answers with a report; `parts` are its lists as [member, name, tone]. `view` is what `q-import` shows.
 */
import { computed, ref } from 'vue'
import { useAct } from '@/use/act'
import { chooseSheet, saveFile } from '@/platform/files'
import { toast } from '@/platform/say'

export function useImport({ send, parts, template, filename }) {
  const file = ref(null)
  const report = ref(null) // of the dry run
  const errors = ref([])
  const imported = ref(null)
  const { busy, act } = useAct()

  const groupsOf = (of) => parts.map(([member, name, tone]) => ({ name, tone, lines: of?.[member] || [] }))
  const view = computed(() => {
    const groups = groupsOf(report.value)
    return {
      file: file.value?.name || '',
      errors: errors.value,
      groups,
      total: groups.reduce((sum, group) => sum + group.lines.length, 0),
      checked: Boolean(report.value) && !errors.value.length,
      done: imported.value && groupsOf(imported.value).map(({ name, lines }) => [name, lines.length]),
      busy: busy.value,
    }
  })

  async function ask(dryRun) {
    try {
      const answer = await send(file.value, dryRun)
      errors.value = answer.errors
      return answer
    } catch (problem) {
      report.value = null
      errors.value = (problem.errors || []).map(({ pointer, detail }) => ({
        line: pointer.split('/').pop(),
        detail,
      }))
      throw problem
    }
  }

  async function choose() {
    const chosen = await chooseSheet().catch(() => null)
    if (!chosen) return
    file.value = chosen
    imported.value = null
    await act(async () => (report.value = await ask(true)))
  }

  const write = () =>
    act(async () => {
      imported.value = await ask(false)
      report.value = null
      toast('已导入')
    })

  const download = () => act(async () => saveFile(filename, await template()))

  return { view, choose, write, download }
}
