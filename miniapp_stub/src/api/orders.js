/** Orders of every service, the inbox, messages and today. */
import { get, post } from '@/api/http'
import { serviceOf } from '@/text/kinds'

export const mine = (filter) => get('/orders', { limit: 20, ...filter })
export const one = (id) => get(`/orders/${id}`)
export const inbox = () => get('/inbox')
/** My orders of a day: today, or the date given. */
export const today = (date) => get('/today', { date })

export const messages = (after) => get('/messages', { limit: 20, after })
export const unread = () => get('/messages/unread')
export const markRead = (upTo) => post('/messages/read', { up_to: upTo })

/** Moves an order on; with `version` the server refuses if the order changed meanwhile. */
export const transit = (order, transition, body, version) =>
  post(`/${serviceOf(order.kind)}/${order.id}/${transition}`, body, { version })

/** Every service's orders are rated at the same place. */
export const rate = (order, body) => post(`/orders/${order.id}/rating`, body, { version: order.version })
