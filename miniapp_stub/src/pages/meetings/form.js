/**
 * What a person is putting together for a meeting, and what of it goes to the server.
 * `load(order)` starts from a meeting or series that is to be changed; then `changes()` holds only what differs.
 */
import { reactive, ref } from 'vue'
import { wishOf } from '@/text/meeting-service'
import { clock, dateOf, momentOf } from '@/text/time'

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

// An order names a colleague by id alone; only those added now have a number to send.
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

  /** A series of them. */
  function seriesBody() {
    const { frequency, interval, weekdays, ends, count, until, holidays, conflict } = form.repeat
    const repeat = { frequency, interval }
    if (frequency === 'weekly' && weekdays.length) repeat.weekdays = weekdays
    if (ends === 'count') repeat.count = count
    else repeat.until = until
    return { ...body(), repeat, holidays, skip: form.skip, on_conflict: conflict }
  }

  function load(order, room) {
    const { date, starts_at, ends_at, subject, attendees, layout, note, invited = [] } = order.data
    Object.assign(form, {
      room,
      date: date || dateOf(starts_at),
      from: clock(starts_at),
      to: clock(ends_at),
      subject,
      attendees: String(attendees),
      private: Boolean(order.data.private),
      layout: layout || '',
      note: note || '',
      invite: invited.map((person) => ({ ...person })),
      guests: (order.private?.guests || []).map((guest) => ({ ...guest })),
    })
    before.value = fields()
  }

  function changes() {
    const now = fields()
    const changed = Object.keys(now).filter((name) => sameOf(now[name]) !== sameOf(before.value[name]))
    return Object.fromEntries(changed.map((name) => [name, now[name]]))
  }

  return { form, body, seriesBody, load, changes }
}
