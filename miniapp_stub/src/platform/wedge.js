/**
 * The hand scanner of a desk computer, which types what it reads wherever the focus is (H5 only). What it typed
 * into a field is taken out of it again. With a Chinese input method on, the keys are told by where they lie.
 */
import { makeBurst } from '@/use/burst'

const LAYOUT = /^(?:Key([A-Z])|Digit(\d)|Numpad(\d))$/

function letterOf(event) {
  if (event.key === 'Enter') return 'Enter'
  if (event.key.length === 1 && event.key >= ' ' && event.key <= '~') return event.key
  const lying = LAYOUT.exec(event.code) // an input method holds the letter back
  return lying ? lying[1] || lying[2] || lying[3] : ''
}

const isField = (element) => element?.matches?.('input, textarea')

function restore(field, value) {
  field.blur() // what an input method is composing ends here
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Calls `took(text)` for each scan; gives a function that stops it. */
export function watchWedge(took) {
  const burst = makeBurst()
  let before = null // the field in focus as a burst began

  function pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const letter = letterOf(event)
    if (!letter) return
    const field = isField(event.target) ? event.target : null
    if (burst.begins(event.timeStamp)) before = field && { field, value: field.value }
    const text = burst.key(letter, event.timeStamp)
    if (!text) return
    event.preventDefault()
    event.stopPropagation()
    if (before) restore(before.field, before.value)
    took(text)
  }

  window.addEventListener('keydown', pressed, true)
  return () => window.removeEventListener('keydown', pressed, true)
}
