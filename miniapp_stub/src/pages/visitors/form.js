/**
 * What a person is putting together for a visit, and what of it goes to the server. `load(order)` starts
 * from a visit that is to be changed, then `changes()` holds only what differs; `adopt(again)` from one like it.
 */
import { computed, reactive, ref } from 'vue'
import { serverNow } from '@/state/clock'
import { isPhone, isPlate, namesOf, phoneOf, plateOf } from '@/text/plate'
import { addDays, clock, dateOf, hhmm, minuteOf, minutesOf, momentOf } from '@/text/time'

export const GUEST = 'vty_guest'
const LATEST = 17 * 60 // the last start that is thought of today
const LENGTH = 120
const WEEKS = 4 // how long a pass lasts, where only that it does was said

/** The next half hour for two hours; late in the day, tomorrow morning. */
export function soonest(now) {
  const start = Math.ceil((minuteOf(now) + 1) / 30) * 30
  const today = dateOf(now)
  if (start > LATEST) return { date: addDays(today, 1), from: '09:00', to: '11:00' }
  return { date: today, from: hhmm(start), to: hhmm(start + LENGTH) }
}

const blankVisitor = () => ({ name: '', phone: '', plate: '', companions: 0, names: '', belongings: '' })

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

export function useVisit() {
  const start = soonest(serverNow())
  const form = reactive({
    ...blankVisitor(),
    ...start,
    purpose: '',
    type: GUEST,
    gate: '',
    lasting: false,
    weekdays: [1, 2, 3, 4, 5],
    until: addDays(start.date, WEEKS * 7),
    notify: true,
  })
  const before = ref(null)

  /** Whether it is said when and why. */
  const settled = computed(
    () =>
      Boolean(form.purpose.trim()) &&
      minutesOf(form.to) > minutesOf(form.from) &&
      (!form.lasting || form.weekdays.length > 0),
  )

  // A pass does not end before it begins.
  function set(change) {
    Object.assign(form, change)
    if (form.until < form.date) form.until = addDays(form.date, WEEKS * 7)
  }

  const times = () => ({
    starts_at: momentOf(form.date, form.from),
    ends_at: momentOf(form.date, form.to),
  })

  /** When, why and where. */
  function occasion() {
    const repeat = form.lasting ? { until: form.until, weekdays: form.weekdays } : null
    const { type, notify } = form
    return { ...times(), purpose: form.purpose.trim(), type, gate: form.gate || null, repeat, notify }
  }

  function who() {
    const along = namesOf(form.names)
    return {
      visitor: {
        name: form.name.trim(),
        phone: phoneOf(form.phone) || null,
        plate: plateOf(form.plate) || null,
      },
      companions: along.length ? along.map((name) => ({ name })) : form.companions,
      belongings: form.belongings.trim(),
    }
  }

  /** One visitor. */
  const body = () => ({ ...occasion(), ...who() })

  function load({ data }) {
    Object.assign(form, {
      name: data.visitor.name,
      phone: data.visitor.phone || '',
      plate: data.visitor.plate || '',
      companions: data.companions,
      names: (data.companion_list || []).map((one) => one.name).join('、'),
      belongings: data.belongings || '',
      purpose: data.purpose,
      type: data.type.id,
      date: dateOf(data.starts_at),
      from: clock(data.starts_at),
      to: clock(data.ends_at),
      lasting: Boolean(data.repeat),
    })
    before.value = { ...times(), purpose: form.purpose, ...who() }
  }

  /** What differs from the visit that is changed. */
  function changes() {
    const after = { ...times(), purpose: form.purpose.trim(), ...who() }
    return Object.fromEntries(
      Object.entries(after).filter(([name, value]) => !same(value, before.value[name])),
    )
  }

  function adopt({ visitor, companions, purpose, type, belongings, gate }) {
    const { name, phone = '', plate = '' } = visitor
    Object.assign(form, { name, phone, plate, companions, purpose, type, belongings, gate: gate || '' })
  }

  /** What is wrong with what was typed, by field. */
  function faults({ plateNeeded = false } = {}) {
    const phone = phoneOf(form.phone)
    const plate = plateOf(form.plate)
    const found = {}
    if (!form.name.trim()) found.name = '请填写姓名'
    if (phone && !isPhone(phone)) found.phone = '请填写 11 位手机号'
    if (plate ? !isPlate(plate) : plateNeeded) found.plate = '请填写车牌号，例如 苏A12345'
    return found
  }

  return { form, set, settled, occasion, body, load, changes, adopt, faults }
}
