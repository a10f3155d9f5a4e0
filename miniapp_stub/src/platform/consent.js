/**
 * WeChat's question whether it may deliver messages. It may only be asked while a tap is being handled, so
 * the templates are read when a page opens; in the browser there is nothing to ask.
 */
import { templates, tellConsents } from '@/api/consents'
import { asProblem } from '@/api/problem'

const AT_ONCE = 3 // templates in one question, by WeChat's rule

let known = []
let refused = false

/** Reads which messages need a consent; without an answer nobody is asked. */
export async function prepareConsent() {
  // #ifndef H5
  known = await templates().catch(() => [])
  // #endif
}

// Those a person has the fewest consents left for come first.
const wanted = () =>
  [...known]
    .sort((a, b) => a.remaining - b.remaining)
    .slice(0, AT_ONCE)
    .map((template) => template.template_id)

/** Asks for consent, unless it was refused since the app was opened. Resolves when answered, never rejects. */
export function askConsent() {
  const ids = wanted()
  if (refused || !ids.length) return Promise.resolve()
  return new Promise((resolve) =>
    uni.requestSubscribeMessage({
      tmplIds: ids,
      success: (answer) => keep(ids, answer),
      fail: () => (refused = true),
      complete: resolve,
    }),
  )
}

function keep(ids, answer) {
  const results = Object.fromEntries(ids.filter((id) => answer[id]).map((id) => [id, answer[id]]))
  refused = Object.values(results).some((said) => said !== 'accept')
  tellConsents(results).catch(asProblem)
}
