/** Pictures that need the session: fetched once each, kept while the app is open. */
import { download } from '@/api/http'
import { showable } from '@/platform/files'

const kept = new Map()

/** A showable address of a picture the server names as `/api/v1/files/...` or as a bare file id. */
export function picture(url) {
  const path = '/files/' + url.split('/').pop()
  if (!kept.has(path)) {
    const coming = download(path).then(showable)
    coming.catch(() => kept.delete(path))
    kept.set(path, coming)
  }
  return kept.get(path)
}
