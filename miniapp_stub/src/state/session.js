/** Who is signed in on this phone. Survives a restart; nothing here decides what a person may do. */
import { reactive } from 'vue'

const STORED_AS = 'session'

const blank = () => ({ accessToken: '', refreshToken: '', person: null, consentNeeded: false })

const kept = uni.getStorageSync(STORED_AS) || {}

export const session = reactive({
  ...blank(),
  ...kept,
  get signedIn() {
    return Boolean(this.refreshToken)
  },
})

function store() {
  const { accessToken, refreshToken, person, consentNeeded } = session
  uni.setStorageSync(STORED_AS, { accessToken, refreshToken, person, consentNeeded })
}

/** Takes over what `POST /sessions`, `/bindings` or `/sessions/refresh` granted. */
export function keepSession(granted) {
  session.accessToken = granted.access_token
  session.refreshToken = granted.refresh_token
  session.person = { ...session.person, ...granted.person }
  session.consentNeeded = Boolean(granted.consent_needed)
  store()
}

export function keepPerson(person) {
  session.person = { ...session.person, ...person }
  store()
}

export function keepConsent() {
  session.consentNeeded = false
  store()
}

export function endSession() {
  Object.assign(session, blank())
  uni.removeStorageSync(STORED_AS)
}

export const hasRole = (role) => Boolean(session.person?.roles?.includes(role))
