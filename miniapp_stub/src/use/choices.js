/** The types of visitors and the gates there are to choose from. */
import { gates, types } from '@/api/visitors'
import { useTask } from '@/use/task'

// Those who need nobody's approval first, and the usual ones before all others.
const rank = ({ id, approval }) => (id === 'vty_guest' ? -1 : approval.length)

export const useChoices = () =>
  useTask(async () => {
    const [someTypes, someGates] = await Promise.all([types(), gates()])
    return { types: [...someTypes].sort((a, b) => rank(a) - rank(b)), gates: someGates }
  })
