/**
 * Form fields read from a JSON Schema of one object: `{ name, kind, title, note, options, min, max, required }`.
 * Kinds: number, switch, text, time, date, choice, list; anything else is `json`, edited as text.
 */
function resolve(schema, root) {
  if (!schema.$ref) return schema
  const found = schema.$ref
    .replace('#/', '')
    .split('/')
    .reduce((at, step) => at?.[step], root)
  return { ...found, ...schema }
}

function kindOf(schema) {
  if (schema.enum) return 'choice'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'switch'
  if (schema.type === 'array' && (schema.items || {}).type === 'string') return 'list'
  if (schema.type !== 'string') return 'json'
  return { time: 'time', date: 'date' }[schema.format] || 'text'
}

export function fieldsOf(root) {
  const top = resolve(root, root)
  return Object.entries(top.properties || {}).map(([name, given]) => {
    const schema = resolve(given, root)
    return {
      name,
      kind: kindOf(schema),
      title: schema.title || name,
      note: schema.description || '',
      options: schema.enum || [],
      min: schema.minimum,
      max: schema.maximum,
      required: (top.required || []).includes(name),
    }
  })
}

/** What a person sees in a field; `read` is its way back. Both are undone by the other. */
export function write(field, value) {
  if (value === undefined || value === null) return field.kind === 'switch' ? false : ''
  if (field.kind === 'json') return JSON.stringify(value)
  if (field.kind === 'list') return value.join('、')
  return field.kind === 'switch' ? value : String(value)
}

/** `{ value }` or `{ error }` of what a person typed into a field. */
export function read(field, typed) {
  if (field.kind === 'switch') return { value: typed }
  if (typed === '') return field.required ? { error: '必填' } : { value: undefined }
  if (field.kind === 'number') return readNumber(field, Number(typed))
  if (field.kind === 'list') return { value: typed.split(/[、,，\s]+/).filter(Boolean) }
  if (field.kind !== 'json') return { value: typed }
  try {
    return { value: JSON.parse(typed) }
  } catch {
    return { error: '格式有误' }
  }
}

function readNumber({ min, max }, number) {
  if (Number.isNaN(number)) return { error: '请填写数字' }
  if (min !== undefined && number < min) return { error: `不能小于 ${min}` }
  if (max !== undefined && number > max) return { error: `不能大于 ${max}` }
  return { value: number }
}
