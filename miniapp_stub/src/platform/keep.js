/** Bytes kept on the phone until they can be sent: they survive a restart. Names are ours. */

// #ifdef H5
let opened = null

function database() {
  opened ||= new Promise((resolve, reject) => {
    const asking = indexedDB.open('kept', 1)
    asking.onupgradeneeded = () => asking.result.createObjectStore('files')
    asking.onsuccess = () => resolve(asking.result)
    asking.onerror = () => reject(asking.error)
  })
  return opened
}

/** One request to the store, in a transaction of its own. */
export async function doing(mode, act) {
  const store = (await database()).transaction('files', mode).objectStore('files')
  return new Promise((resolve, reject) => {
    const asking = act(store)
    asking.onsuccess = () => resolve(asking.result)
    asking.onerror = () => reject(asking.error)
  })
}

export const keep = (name, { bytes, type }) => doing('readwrite', (store) => store.put({ bytes, type }, name))
/** `{ bytes, type }`, or undefined where there is none of that name. */
export const kept = (name) => doing('readonly', (store) => store.get(name))
export const forget = (name) => doing('readwrite', (store) => store.delete(name))
// #endif

// #ifndef H5
import { readFile } from '@/platform/files'

const TYPE = 'image/jpeg' // all that is ever kept
const path = (name) => `${wx.env.USER_DATA_PATH}/kept-${name}`

export async function keep(name, { bytes }) {
  uni.getFileSystemManager().writeFileSync(path(name), bytes)
}

export const kept = (name) =>
  readFile(path(name)).then(
    (bytes) => ({ bytes, type: TYPE }),
    () => undefined,
  )

export const forget = (name) =>
  new Promise((done) => uni.getFileSystemManager().unlink({ filePath: path(name), complete: done }))
// #endif
