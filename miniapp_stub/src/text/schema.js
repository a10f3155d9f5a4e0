/**
 * Form fields read from a JSON Schema of one object:
 * `{ name, kind, title, note, options, min, max, most, required, fields }`.
 * Kinds: number, switch, text, time, date, choice (`options`: [[value, word], ...]), list (of words), spans (from
 * one time to another, several), rows (of objects with `fields`, at most `most`), named (the same under names that
 * stay, a row's `key`); anything else is `json`, edited as text.
 */
import { optionsOf } from '@/text/options'

const SPAN = /^(\d{1,2}:\d{2})\s*[-–—~至]\s*(\d{1,2}:\d{2})$/

function resolve(schema, root) {
  if (schema.$ref) {
    const found = schema.$ref
      .replace('#/', '')
      .split('/')
      .reduce((at, step) => at?.[step], root)
    return { ...found, ...schema }
  }
  const either = schema.anyOf?.find((one) => one.type !== 'null')
  return either ? { ...resolve(either, root), ...schema } : schema
}

function kindOf(schema, items) {
  if (schema.enum) return 'choice'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'switch'
  if (schema.type === 'array') return { string: 'list', object: 'rows', array: 'spans' }[items.type] || 'json'
  if (schema.type === 'object' && schema.additionalProperties) return items.properties ? 'named' : 'json'
  if (schema.type !== 'string') return 'json'
  return { time: 'time', date: 'date' }[schema.format] || 'text'
}

function fieldOf(name, given, required, root) {
  const schema = resolve(given, root)
  const items = resolve(schema.items || schema.additionalProperties || {}, root)
  const kind = kindOf(schema, items)
  return {
    name,
    kind,
    title: given.title || name,
    note: given.description || '',
    options: optionsOf(schema.enum || []),
    min: schema.minimum,
    max: schema.maximum,
    most: schema.maxItems,
    required,
    fields: kind === 'rows' || kind === 'named' ? fieldsWithin(items, root) : [],
  }
}

const fieldsWithin = (schema, root) =>
  Object.entries(schema.properties || {}).map(([name, given]) =>
    fieldOf(name, given, (schema.required || []).includes(name), root),
  )

export const fieldsOf = (root) => fieldsWithin(resolve(root, root), root)

/** What a person sees in a field; `read` is its way back. Both are undone by the other. */
export function write(field, value) {
  if (field.kind === 'rows') return (value || []).map((row) => writeRow(field, row))
  if (field.kind === 'named')
    return Object.entries(value || {}).map(([key, row]) => ({ key, ...writeRow(field, row) }))
  if (value === undefined || value === null) return field.kind === 'switch' ? false : ''
  if (field.kind === 'json') return JSON.stringify(value)
  if (field.kind === 'list') return value.join('、')
  if (field.kind === 'spans') return value.map((span) => span.join('–')).join('、')
  return field.kind === 'switch' ? value : String(value)
}

const writeRow = ({ fields }, row) =>
  Object.fromEntries(fields.map((field) => [field.name, write(field, row[field.name])]))

/** A row as it is before anything was put in: what has to be chosen is chosen already. */
export const blankRow = ({ fields }) =>
  Object.fromEntries(fields.map((field) => [field.name, write(field, field.options[0]?.[0])]))

/** `{ value }` or `{ error }` of what a person typed into a field. */
export function read(field, typed) {
  if (field.kind === 'switch') return { value: typed }
  if (field.kind === 'rows') return readRows(field, typed)
  if (field.kind === 'named') return readNamed(field, typed)
  if (typed === '') return field.required ? { error: '必填' } : { value: undefined }
  if (field.kind === 'number') return readNumber(field, Number(typed))
  if (field.kind === 'list') return { value: typed.split(/[、,，\s]+/).filter(Boolean) }
  if (field.kind === 'spans') return readSpans(typed)
  if (field.kind !== 'json') return { value: typed }
  try {
    return { value: JSON.parse(typed) }
  } catch {
    return { error: '格式有误' }
  }
}

function readRows({ fields }, rows) {
  const value = []
  for (const row of rows) {
    const readings = fields.map((field) => [field.name, read(field, row[field.name])])
    if (readings.some(([, { error }]) => error)) return { error: '请检查标出的内容' }
    const given = readings.filter(([, reading]) => reading.value !== undefined)
    value.push(Object.fromEntries(given.map(([name, reading]) => [name, reading.value])))
  }
  return { value }
}

function readNamed(field, rows) {
  const { value, error } = readRows(field, rows)
  return error ? { error } : { value: Object.fromEntries(value.map((row, at) => [rows[at].key, row])) }
}

function readSpans(typed) {
  const parts = typed.split(/[、,，;；]/).filter((part) => part.trim())
  const spans = parts.map((part) => SPAN.exec(part.trim())?.slice(1))
  if (!spans.length || spans.includes(undefined)) return { error: '写作 08:30–12:00，多段用顿号隔开' }
  return { value: spans.map((span) => span.map((time) => time.padStart(5, '0'))) }
}

function readNumber({ min, max }, number) {
  if (Number.isNaN(number)) return { error: '请填写数字' }
  if (min !== undefined && number < min) return { error: `不能小于 ${min}` }
  if (max !== undefined && number > max) return { error: `不能大于 ${max}` }
  return { value: number }
}
