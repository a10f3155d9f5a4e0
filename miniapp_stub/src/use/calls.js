/**
 * Walk-ins this desk has called a host for: each is followed until somebody at the desk has seen what came of it,
 * since who was declined stands in no list.
 */
import { reactive } from 'vue'
import { one } from '@/api/orders'
import { buzz } from '@/platform/say'
import { chime } from '@/platform/sound'
import { useLive } from '@/use/live'

const MOST = 10

/** An order as a line of the desk's lists. */
export function lineOf(order) {
  const { data } = order
  const last = (order.timeline || []).at(-1)
  return {
    id: order.id,
    state: order.state,
    version: order.version,
    can: order.can,
    visitor: data.visitor,
    companions: data.companions,
    host: data.host.name,
    purpose: data.purpose,
    type: data.type.name,
    starts_at: data.starts_at,
    ends_at: data.ends_at,
    in_at: data.in_at,
    out_at: data.out_at,
    walk_in: true,
    note: last?.note || '',
  }
}

export function useCalls() {
  const calls = reactive({ items: [], follow, forget })

  function follow(order) {
    calls.items = [lineOf(order), ...calls.items].slice(0, MOST)
  }

  function forget(id) {
    calls.items = calls.items.filter((call) => call.id !== id)
  }

  async function read(id) {
    const order = await one(id).catch(() => null) // heard of again, or read at the next change
    if (!order) return
    const before = calls.items.find((call) => call.id === id)
    if (!before || before.version >= order.version) return
    if (before.state === 'announced' && order.state !== 'announced') {
      buzz(order.state !== 'expected')
      chime(order.state === 'expected')
    }
    calls.items = calls.items.map((call) => (call.id === id ? lineOf(order) : call))
  }

  useLive((frame) => {
    const ids = calls.items.map(({ id }) => id)
    if (!frame) ids.forEach(read)
    else if (ids.includes(frame.order_id)) read(frame.order_id)
  })
  return calls
}
