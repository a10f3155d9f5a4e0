/**
 * What a person is putting together for a meeting, and what of it goes to the server.
 * `load(order, room, earliest)` starts from a meeting or series that is to be changed, on its date or a later one;
 * then `changes()` holds only what differs.
 */
import { computed, reactive, ref } from 'vue'
import { wishOf } from '@/text/meeting-service'
import { addDays, clock, dateOf, momentOf } from '@/text/time'

const DAYS_AHEAD = 28 // until when a series repeats, where only that it ends on a date was said

const blankRepeat = () => ({
  frequency: '',
  interval: 1,
  weekdays: [],
  ends: 'count',
  count: 4,
  until: '',
  holidays: 'skip',
  conflict: 'skip',
})

const repeatOf = ({ repeat, holidays }) => ({
  frequency: repeat.frequency,
  interval: repeat.interval || 1,
  weekdays: repeat.weekdays || [],
  ends: repeat.until ? 'until' : 'count',
  count: repeat.count || blankRepeat().count,
  until: repeat.until || '',
  holidays: holidays || 'keep',
})

const sameOf = (value) => JSON.stringify(value)

export function useMeeting() {
  const form = reactive({
    room: null,
    date: '',
    from: '',
    to: '',
    subject: '',
    attendees: '',
    private: false,
    layout: '',
    note: '',
    invite: [],
    guests: [],
    services: [],
    repeat: blankRepeat(),
    skip: [],
  })
  const before = ref(null)

  function fields() {
    return {
      room_id: form.room?.id,
      starts_at: momentOf(form.date, form.from),
      ends_at: momentOf(form.date, form.to),
      subject: form.subject.trim(),
      attendees: Number(form.attendees),
      private: form.private,
      layout: form.layout || null,
      note: form.note.trim(),
      invite: form.invite.map((person) => person.employee_no),
      guests: form.guests.map(({ name, phone }) => ({ name, phone })),
    }
  }

  /** A single meeting. */
  const body = () => ({ ...fields(), services: form.services.map(wishOf) })

  function pattern() {
    const { frequency, interval, weekdays, ends, count, until } = form.repeat
    const repeat = { frequency, interval }
    if (frequency === 'weekly' && weekdays.length) repeat.weekdays = weekdays
    if (ends === 'count') repeat.count = count
    else repeat.until = until || addDays(form.date, DAYS_AHEAD)
    return repeat
  }

  /** A series of them. */
  function seriesBody() {
    const { holidays, conflict } = form.repeat
    return { ...body(), repeat: pattern(), holidays, skip: form.skip, on_conflict: conflict }
  }

  /** Whether a series that is changed is to repeat differently. */
  const repeatsAnew = computed(
    () => Boolean(before.value?.pattern) && JSON.stringify(pattern()) !== before.value.pattern,
  )

  function load(order, room, earliest = '') {
    const { date, starts_at, ends_at, subject, attendees, layout, note, invited = [] } = order.data
    Object.assign(form, {
      room,
      date: [date || dateOf(starts_at), earliest].sort()[1],
      from: clock(starts_at),
      to: clock(ends_at),
      subject,
      attendees: String(attendees),
      private: Boolean(order.data.private),
      layout: layout || '',
      note: note || '',
      invite: invited.map((person) => ({ ...person })),
      guests: (order.data.guest_list || []).map((guest) => ({ ...guest })),
    })
    if (order.data.repeat) Object.assign(form.repeat, repeatOf(order.data))
    before.value = { ...fields(), pattern: order.data.repeat && JSON.stringify(pattern()) }
  }

  function changes() {
    const now = fields()
    const changed = Object.keys(now).filter((name) => sameOf(now[name]) !== sameOf(before.value[name]))
    return Object.fromEntries(changed.map((name) => [name, now[name]]))
  }

  return { form, body, seriesBody, repeatsAnew, load, changes }
}
