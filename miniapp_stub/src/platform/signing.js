/** Fingerprints and signatures (H5 only). Browsers offer both on https and on this machine alone. */
const bytesOf = (text) => new TextEncoder().encode(text)
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('')

// #ifdef H5
export const canSign = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB)
// #endif
// #ifndef H5
export const canSign = () => false
// #endif

export const fingerprint = async (text) => hex(await crypto.subtle.digest('SHA-256', bytesOf(text)))

async function sealed(key, text) {
  const how = { name: 'HMAC', hash: 'SHA-256' }
  const secret = await crypto.subtle.importKey('raw', bytesOf(key), how, false, ['sign'])
  return hex(await crypto.subtle.sign('HMAC', secret, bytesOf(text)))
}

/** What a device proves of an act: `{ device, at, nonce, signature }`. */
export async function signed({ id, key }, act, now) {
  const at = new Date(now).toISOString()
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)))
  return { device: id, at, nonce, signature: await sealed(key, `${act}\n${id}\n${at}\n${nonce}`) }
}
