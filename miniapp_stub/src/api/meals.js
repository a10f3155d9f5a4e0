/** Ordering meals, for oneself and for colleagues. */
import { get, post } from '@/api/http'

export const canteens = () => get('/meals/canteens').then((list) => list.items)
export const days = (from, count) => get('/meals/days', { from, days: count }).then((list) => list.items)
export const sittings = (date, canteen) =>
  get('/meals/sittings', { date, canteen }).then((list) => list.items)
export const last = () => get('/meals/last')

export const order = (body, key) => post('/meals', body, { key })
export const orderForMany = (body, key) => post('/meals/batches', body, { key })
export const unitColleagues = (after) => get('/me/colleagues', { after })
export const colleagues = (q) => get('/people/colleagues', { q }).then((list) => list.items)
