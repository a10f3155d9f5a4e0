/**
 * Live order events: one WebSocket while the app is in front.
 * Emits `order:changed` with `{ order_id, kind, state, version }`, and `order:resync` when frames may have
 * been missed. Pages also reload when shown, so nothing depends on this connection.
 */
import { watch } from 'vue'
import { API } from '@/api/wire'
import { renew } from '@/api/tokens'
import { session } from '@/state/session'

const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 60_000
const SIGN_IN_NEEDED = 4401

let socket = null
let wanted = false
let waiting = null
let pause = FIRST_PAUSE_MS

function address() {
  // #ifdef H5
  return `${location.protocol.replace('http', 'ws')}//${location.host}${API}/live`
  // #endif
  // #ifndef H5
  return `${API.replace(/^http/, 'ws')}/live`
  // #endif
}

function heard({ data }) {
  let frame
  try {
    frame = JSON.parse(data)
  } catch {
    return
  }
  pause = FIRST_PAUSE_MS
  if (frame.order_id) uni.$emit('order:changed', frame)
  else if (frame.resync) uni.$emit('order:resync')
}

function greet(to) {
  to.send({ data: JSON.stringify({ token: session.accessToken }), fail() {} })
}

function connect() {
  const mine = uni.connectSocket({ url: address(), complete() {} })
  const token = session.accessToken
  socket = mine
  mine.onOpen(() => greet(mine))
  mine.onMessage(heard)
  mine.onError(() => {})
  mine.onClose(({ code }) => {
    if (socket !== mine) return
    socket = null
    if (code === SIGN_IN_NEEDED) renew(token).catch(() => {})
    if (wanted) waiting = setTimeout(connectIfWanted, pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  })
}

function connectIfWanted() {
  if (wanted && !socket && session.signedIn) connect()
}

function disconnect() {
  const open = socket
  socket = null
  open?.close({})
}

/** From now on the connection is kept, whenever somebody is signed in. */
export function openLive() {
  wanted = true
  clearTimeout(waiting)
  connectIfWanted()
}

export function closeLive() {
  wanted = false
  clearTimeout(waiting)
  disconnect()
}

// A renewed token keeps the open socket alive beyond the end of the first one; without one it ends.
watch(
  () => session.accessToken,
  (token) => {
    if (!token) disconnect()
    else if (socket) greet(socket)
    else connectIfWanted()
  },
)
