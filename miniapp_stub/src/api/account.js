/** Signing in and out, binding, consent: what `sessions`, `bindings` and `me` offer. */
import { exchange } from '@/api/wire'
import { get, put, del } from '@/api/http'
import { keepSession, keepPerson, endSession } from '@/state/session'

const openPost = (path, body) => exchange({ method: 'POST', path, body }).then((reply) => reply.data)

async function start(path, body) {
  const granted = await openPost(path, body)
  keepSession(granted)
  return granted
}

export const signInByPhone = (phone, smsCode) => start('/sessions', { phone, sms_code: smsCode })
export const signInByLoginCode = (code) => start('/sessions', { code })
export const bind = (bindingToken, employeeNo, smsCode) =>
  start('/bindings', { binding_token: bindingToken, employee_no: employeeNo, sms_code: smsCode })

export const sendSignInCode = (phone) => openPost('/sms-codes', { phone })
export const sendBindingCode = (bindingToken, employeeNo) =>
  openPost('/sms-codes', { binding_token: bindingToken, employee_no: employeeNo })

export const privacy = () => exchange({ path: '/privacy' }).then((reply) => reply.data)

export async function me() {
  const person = await get('/me')
  keepPerson(person)
  return person
}

export const consent = (version) => put('/me/consent', { version })
export const unbindWechat = () => del('/me/wechat')

/** The person is signed out on this phone even where the server cannot be reached. */
export async function signOut() {
  try {
    await del('/sessions/current')
  } finally {
    endSession()
  }
}
