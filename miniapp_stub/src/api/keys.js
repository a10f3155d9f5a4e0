/** Idempotency keys: 32 characters of [A-Za-z0-9], one for each thing a person means to do once. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function newKey(length = 32) {
  let key = Date.now().toString(36)
  while (key.length < length) key += LETTERS[Math.floor(Math.random() * LETTERS.length)]
  return key
}
