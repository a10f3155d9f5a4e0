/** The canteen's own work: redeem, cook, deliver, menus, dishes, the day's figures. */
import { del, download, get, post, put, upload } from '@/api/http'

const at = (sitting, rest) => `/meals/sittings/${sitting}/${rest}`

export const redeem = (code, scanId) => post('/meals/redemptions', { code, scan_id: scanId })
export const undo = (orderId) => post(`/meals/${orderId}/undo`)
export const deliver = (orderId) => post(`/meals/${orderId}/deliver`)
export const walkIn = (body, key) => post('/meals/walk-ins', body, { key })

export const cookList = (sitting) => get(at(sitting, 'cook-list'))
export const printCookList = (sitting) => post(at(sitting, 'cook-list/prints'))
export const cookSheet = (sitting) => download(at(sitting, 'cook-list/sheet'))
export const deliveries = (sitting) => get(at(sitting, 'deliveries')).then((list) => list.items)
export const soldOut = (sitting, dish, yes) => post(at(sitting, `dishes/${dish}/sold-out`), { sold_out: yes })
export const closeSitting = (sitting) => post(at(sitting, 'close'))
export const reopenSitting = (sitting) => post(at(sitting, 'reopen'))
export const cancelSitting = (sitting, reason) => post(at(sitting, 'cancel'), { reason })

export const menu = (canteen, week) => get('/meals/menus', { canteen, week })

/** Saves a week of days in place of `menu`; the server refuses if somebody else was faster. */
export const saveMenu = ({ canteen, week, version }, days) =>
  put('/meals/menus', { canteen, week, days }, { version: version || undefined })
export const publishMenu = (canteen, week) => post('/meals/menus/publish', { canteen, week })
/** A draft after the pattern of another week, in place of `menu`. */
export const copyMenu = ({ canteen, week, version }, from) =>
  post('/meals/menus/copy', { canteen, from_week: from, to_week: week }, { version: version || undefined })
export const menuSheet = (canteen, week) => download('/meals/menus/sheet', { canteen, week })
export const sendMenuSheet = ({ canteen, week, version }, file) =>
  upload('/meals/menus/sheet', file, { query: { canteen, week }, version: version || undefined })
export const closeDay = (canteen, date, note) => post('/meals/closing-days', { canteen, date, note })
export const openDay = (canteen, date) => del('/meals/closing-days', { canteen, date })

export const dishes = (canteen) => get('/meals/dishes', { canteen }).then((list) => list.items)
export const addDish = (canteen, dish, key) => post('/meals/dishes', { canteen, ...dish }, { key })
export const saveDish = (id, dish) => put(`/meals/dishes/${id}`, dish)
export const sendPicture = (id, file) => upload(`/meals/dishes/${id}/picture`, file)

export const report = (canteen, date) => get('/meals/reports', { canteen, date })
export const reportSheet = (canteen, date) => download('/meals/reports/sheet', { canteen, date })
