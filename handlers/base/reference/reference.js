// Reads /api/openapi.json and shows every endpoint with its types; each can be tried from the page.
// Nothing is stored and nothing is loaded from elsewhere.

const byId = (id) => document.getElementById(id)

/** An element: `make('p.quiet', 'text', child, …)`. Text is always text, never markup. */
function make(kind, ...children) {
  const [tag, ...classes] = kind.split('.')
  const element = document.createElement(tag)
  if (classes.length) element.className = classes.join(' ')
  element.append(...children)
  return element
}

let api

const resolved = (schema) => {
  let found = schema
  while (found && found.$ref) {
    found = found.$ref.slice(2).split('/').reduce((at, step) => at[step], api)
  }
  return found || {}
}

/** A type in a few words: `text ≤ 64`, `list of Dish`, `"open" | "closed"`. */
function words(schema) {
  if (schema.$ref) return schema.$ref.split('/').pop()
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const choices = schema.anyOf || schema.oneOf
  if (choices) return choices.map(words).join(' | ')
  if (schema.type === 'array') return `list of ${words(schema.items || {})}${bounds(schema, 'Items')}`
  if (schema.type === 'string') return `${schema.format || 'text'}${bounds(schema, 'Length')}`
  const range = [schema.minimum, schema.maximum]
  const limits = range.some((end) => end !== undefined) ? ` ${range[0] ?? ''}…${range[1] ?? ''}` : ''
  return `${schema.type || 'anything'}${limits}`
}

function bounds(schema, what) {
  const [low, high] = [schema[`min${what}`], schema[`max${what}`]]
  if (low === undefined && high === undefined) return ''
  return low === high ? ` (${low})` : ` (${low ?? 0}–${high ?? '∞'})`
}

/** A value that shows the shape of a schema. */
function sample(schema, depth = 0) {
  const found = resolved(schema)
  if (found.default !== undefined && found.default !== null) return found.default
  if (found.enum) return found.enum[0]
  const choices = found.anyOf || found.oneOf
  if (choices) return sample(choices.find((choice) => choice.type !== 'null') || {}, depth)
  if (found.type === 'object') return sampleObject(found, depth)
  if (found.type === 'array') return depth > 4 ? [] : [sample(found.items || {}, depth + 1)]
  if (found.type === 'integer' || found.type === 'number') return found.minimum ?? 0
  if (found.type === 'boolean') return false
  if (found.type !== 'string') return null
  const now = new Date().toISOString()
  return { date: now.slice(0, 10), 'date-time': now }[found.format] ?? ''
}

function sampleObject(schema, depth) {
  if (depth > 4) return {}
  const fields = Object.entries(schema.properties || {})
  return Object.fromEntries(fields.map(([name, field]) => [name, sample(field, depth + 1)]))
}

/** The fields of an object as a table; the types it refers to fold out below. */
function shape(schema, seen = new Set()) {
  const found = resolved(schema)
  const box = make('div')
  if (schema.$ref) seen.add(schema.$ref)
  if (found.type !== 'object' || !found.properties) box.append(make('code', words(found)))
  else box.append(fieldTable(found))
  for (const ref of references(found)) {
    if (seen.has(ref)) continue
    const inner = make('details', make('summary.quiet', ref.split('/').pop()))
    inner.addEventListener('toggle', () => {
      if (inner.children.length === 1) inner.append(shape({ $ref: ref }, new Set(seen)))
    })
    box.append(inner)
  }
  return box
}

function fieldTable(schema) {
  const must = new Set(schema.required || [])
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const label = make('code', name)
    if (must.has(name)) label.className = 'must'
    return make('tr', make('td', label), make('td', words(field)))
  })
  return make('table', ...rows)
}

function references(schema) {
  const found = []
  const walk = (value) => {
    if (!value || typeof value !== 'object') return
    if (typeof value.$ref === 'string') found.push(value.$ref)
    Object.values(value).forEach(walk)
  }
  walk(schema)
  return [...new Set(found)]
}

const freshKey = () => crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`

/** What can be filled in for one endpoint, and a way to read it. */
function form(operation) {
  const box = make('div')
  const inputs = (operation.parameters || []).map((parameter) => {
    const input = make('input')
    input.placeholder = words(parameter.schema)
    if (parameter.schema.default !== undefined) input.value = parameter.schema.default
    if (parameter.name === 'Idempotency-Key') input.value = freshKey()
    input.setAttribute('aria-label', parameter.name)
    return { parameter, input }
  })
  if (inputs.length) {
    const rows = inputs.map(({ parameter, input }) => {
      const label = make(parameter.required ? 'code.must' : 'code', parameter.name)
      return make('tr', make('td', label, ' ', make('span.quiet', parameter.in)), make('td', input))
    })
    box.append(make('h3', 'PARAMETERS'), make('table', ...rows))
  }
  const body = bodyInput(operation.requestBody)
  if (body) box.append(make('h3', 'BODY'), body.element)
  return { box, inputs, body }
}

function bodyInput(requestBody) {
  if (!requestBody) return null
  const [type, content] = Object.entries(requestBody.content)[0]
  if (type === 'application/json') {
    const text = make('textarea')
    text.spellcheck = false
    text.value = JSON.stringify(sample(content.schema), null, 2)
    return { element: make('div', text, shape(content.schema)), read: () => text.value, type: () => type }
  }
  const file = make('input')
  file.type = 'file'
  file.accept = Object.keys(requestBody.content).join(',')
  const note = make('p.quiet', requestBody.description || '')
  return { element: make('div', file, note), read: () => file.files[0], type: () => file.files[0]?.type || type }
}

/** The request that the filled-in form stands for. */
function request(path, verb, { inputs, body }) {
  const headers = {}
  const query = new URLSearchParams()
  let address = path
  for (const { parameter, input } of inputs) {
    if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value))
    else if (!input.value) continue
    else if (parameter.in === 'query') query.set(parameter.name, input.value)
    else headers[parameter.name] = input.value
  }
  if (body) headers['Content-Type'] = body.type()
  const token = byId('token').value.trim()
  if (token) headers.Authorization = `Bearer ${token}`
  const search = query.toString()
  return [address + (search ? `?${search}` : ''), { method: verb, headers, body: body?.read(), cache: 'no-store' }]
}

/** Sends it and shows status, time and content; a token in the reply is used from then on. */
async function send(address, options, result) {
  const started = performance.now()
  const reply = await fetch(address, options)
  const took = Math.round(performance.now() - started)
  const status = make(reply.ok ? 'strong.good' : 'strong.bad', `${reply.status} ${reply.statusText}`)
  result.replaceChildren(make('h3', 'REPLY'), status, make('span.quiet', `  ${took} ms  ${options.method} ${address}`))
  const type = reply.headers.get('Content-Type') || ''
  if (type.startsWith('image/')) {
    const picture = make('img')
    picture.src = URL.createObjectURL(await reply.blob())
    result.append(make('p', picture))
    return
  }
  const text = await reply.text()
  if (!type.includes('json')) {
    if (text) result.append(make('pre', text.slice(0, 20000)))
    return
  }
  const value = JSON.parse(text)
  if (value && value.access_token) byId('token').value = value.access_token
  result.append(make('pre', JSON.stringify(value, null, 2)))
}

function fill(box, path, verb, operation) {
  const filled = form(operation)
  const result = make('div')
  const button = make('button', 'Send 发送')
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      await send(...request(path, verb, filled), result)
    } catch (fault) {
      result.replaceChildren(make('p.bad', String(fault)))
    } finally {
      button.disabled = false
    }
  })
  const good = Object.entries(operation.responses).find(([status]) => status < 400)
  const schema = good && good[1].content && Object.values(good[1].content)[0].schema
  const roles = operation['x-roles']
  const who = !operation.security.length ? 'Public 公开' : roles ? roles.join(', ') : 'Everyone signed in 所有已登录人员'
  box.append(
    make('p.roles', who),
    make('p', operation.description || ''),
    filled.box,
    button,
    result,
    make('h3', `ANSWERS ${good ? good[0] : ''}`),
    schema ? shape(schema) : make('span.quiet', good ? good[1].description : ''),
  )
}

function endpoint(path, verb, operation) {
  const box = make('div')
  const title = make('summary', make(`span.verb.${verb}`, verb), make('span.path', path), make('span.what', operation.summary))
  const details = make('details.endpoint', title, box)
  details.dataset.search = `${verb} ${path} ${operation.summary} ${operation.tags}`.toLowerCase()
  details.addEventListener('toggle', () => {
    if (details.open && !box.children.length) fill(box, path, verb, operation)
  })
  return details
}

function show() {
  const groups = new Map()
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [verb, operation] of Object.entries(operations)) {
      const group = operation.tags[0]
      if (!groups.has(group)) groups.set(group, [])
      groups.get(group).push(endpoint(path, verb.toUpperCase(), operation))
    }
  }
  const main = byId('endpoints')
  main.replaceChildren()
  for (const [group, endpoints] of groups) {
    const title = make('h2', group)
    title.id = group
    main.append(make('section', title, ...endpoints))
    const link = make('a', group, ' ', make('span', String(endpoints.length)))
    link.href = `#${group}`
    byId('groups').append(link)
  }
}

byId('filter').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase().split(/\s+/)
  for (const details of document.querySelectorAll('details.endpoint')) {
    details.hidden = !wanted.every((word) => details.dataset.search.includes(word))
  }
  for (const section of document.querySelectorAll('section')) {
    section.hidden = !section.querySelector('details.endpoint:not([hidden])')
  }
})

fetch('/api/openapi.json')
  .then((reply) => reply.json())
  .then((document_) => { api = document_; show() })
  .catch((fault) => byId('endpoints').replaceChildren(make('p.bad', String(fault))))
