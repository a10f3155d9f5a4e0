/** What differs between two values, in lines a person can read: `[{ name, before, after }, ...]`. */
const plain = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

function words(value) {
  if (value === undefined || value === null || value === '') return '—'
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (Array.isArray(value)) return value.length ? value.map(words).join('、') : '—'
  if (!plain(value)) return String(value)
  const parts = Object.entries(value).map(([name, inner]) => `${name} ${words(inner)}`)
  return parts.join('，') || '—'
}

/** `titles` names the fields that have a title of their own. */
export function changesOf(before, after, titles = {}) {
  if (!plain(before ?? after)) return [{ name: '', before: words(before), after: words(after) }]
  const names = [...new Set([...Object.keys(before || {}), ...Object.keys(after || {})])]
  return names
    .map((name) => ({
      name: titles[name] || name,
      before: words(before?.[name]),
      after: words(after?.[name]),
    }))
    .filter((line) => line.before !== line.after)
}
