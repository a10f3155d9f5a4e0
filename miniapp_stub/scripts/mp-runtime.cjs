/**
 * Runs a built mini-program package in plain Node: WXML through the official compiler, pages and components
 * through the package's own code, `wx` answered by a stub whose requests reach a live server.
 *
 *     const { compile, launch } = require('./mp-runtime.cjs')
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const vm = require('node:vm')
const { execFileSync } = require('node:child_process')

function filesUnder(folder, ending) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) return filesUnder(full, ending)
    return full.endsWith(ending) ? [full] : []
  })
}

/** Compiles every WXML file; gives `render(page, data)` → tree. Throws with the compiler's words on an error. */
function compile(root) {
  const shipped = path.join(
    path.dirname(require.resolve('miniprogram-compiler/package.json')),
    'bin/linux/wcc',
  )
  const wcc = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'wcc-')), 'wcc')
  fs.copyFileSync(shipped, wcc) // shipped without the right to execute
  fs.chmodSync(wcc, 0o755)
  const sources = ['.wxml', '.wxs'].flatMap((ending) => filesUnder(root, ending))
  const names = sources.map((file) => './' + path.relative(root, file))
  const compiled = execFileSync(wcc, ['-d', ...names], { cwd: root, maxBuffer: 1e8 }).toString()
  fs.rmSync(path.dirname(wcc), { recursive: true })

  const sandbox = { console, __wxAppData: {}, __wxRoute: '', setTimeout, Array, Object }
  sandbox.global = sandbox.window = sandbox
  vm.runInContext(compiled, vm.createContext(sandbox))
  return (name, data) => sandbox.$gwx(`./${name}.wxml`)(data, {}, {})
}

// What the pages call and nobody here needs to answer.
const QUIET = [
  'getNetworkType',
  'hideToast',
  'onAppHide',
  'onAppShow',
  'onHostEventReport',
  'onNetworkStatusChange',
  'removeTabBarBadge',
  'setNavigationBarTitle',
  'setTabBarBadge',
  'showModal',
  'stopPullDownRefresh',
  'vibrateLong',
  'vibrateShort',
]

/** The `wx` object: storage in memory, navigation recorded, requests sent to `server`. */
function stubWx({ server, loginCode }) {
  const storage = new Map()
  const opened = []
  const toasts = []
  const asked = []
  const answered = []
  const goes =
    (kind) =>
    ({ url, success }) => {
      opened.push({ kind, url })
      success?.({})
    }
  const known = {
    getSystemInfoSync: () => ({
      platform: 'devtools',
      SDKVersion: '3.5.0',
      windowWidth: 375,
      language: 'zh_CN',
    }),
    getAppBaseInfo: () => ({ SDKVersion: '3.5.0', language: 'zh_CN' }),
    getDeviceInfo: () => ({}),
    getWindowInfo: () => ({ windowWidth: 375 }),
    getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid' } }),
    getLaunchOptionsSync: () => ({}),
    getEnterOptionsSync: () => ({}),
    canIUse: () => true,
    getStorageSync: (key) => storage.get(key) ?? '',
    setStorageSync: (key, value) => storage.set(key, JSON.parse(JSON.stringify(value))),
    removeStorageSync: (key) => storage.delete(key),
    getStorageInfoSync: () => ({ keys: [...storage.keys()], currentSize: 0, limitSize: 10_240 }),
    login: ({ success }) => success({ code: loginCode }),
    request: (options) => send(server, options, answered),
    connectSocket: () => ({ onOpen() {}, onMessage() {}, onError() {}, onClose() {}, close() {} }),
    showToast: ({ title }) => toasts.push(title),
    requestSubscribeMessage({ tmplIds, success, complete }) {
      asked.push(tmplIds)
      success({ errMsg: 'ok', ...Object.fromEntries(tmplIds.map((id) => [id, 'accept'])) })
      complete()
    },
    navigateTo: goes('navigateTo'),
    redirectTo: goes('redirectTo'),
    reLaunch: goes('reLaunch'),
    switchTab: goes('switchTab'),
  }
  for (const name of QUIET) known[name] = () => {}
  return { wx: known, opened, toasts, asked, answered, storage }
}

function send(server, { url, method = 'GET', data, header = {}, responseType, success, fail }, answered) {
  const address = new URL(url)
  const target = server + address.pathname + address.search
  const plain = data === undefined || typeof data === 'string' || data instanceof ArrayBuffer
  const body = method === 'GET' ? undefined : plain ? data : JSON.stringify(data)
  fetch(target, { method, body, headers: header })
    .then(async (reply) => {
      const bytes = await reply.arrayBuffer()
      const text = Buffer.from(bytes).toString()
      const readable = /json/.test(reply.headers.get('content-type') || '') ? JSON.parse(text) : text
      const headers = Object.fromEntries(reply.headers)
      success({
        statusCode: reply.status,
        header: headers,
        data: responseType === 'arraybuffer' ? bytes : readable,
      })
      // What the page does with it is done by then: promises go before timers.
      setTimeout(() => answered.push(`${method} ${address.pathname}`))
    })
    .catch((failure) => fail({ errMsg: `request:fail ${failure.message}` }))
  return {}
}

/** One mounted page or component, as WeChat's logic layer would hold it. */
class Mounted {
  constructor(runtime, name, owner, properties) {
    Object.assign(this, { runtime, is: name, owner, properties, children: new Map() })
    if (!owner) this.route = name
    this.__wxExparserNodeId__ = String(++runtime.count)
    this.definition = runtime.definition(name)
    this.data = structuredClone(this.definition.data ?? {})
    Object.assign(this, this.definition.methods)
    this.definition.created?.call(this)
    this.definition.lifetimes.attached.call(this)
  }

  ready() {
    this.definition.lifetimes.ready.call(this)
    return this
  }

  setData(changes, done) {
    for (const [name, value] of Object.entries(changes)) {
      const steps = name.replace(/\[(\d+)\]/g, '.$1').split('.')
      const last = steps.pop()
      const place = steps.reduce((at, step) => at[step], this.data)
      place[last] = value
    }
    done?.()
  }

  // A component asks its owner for its parent by this event; every other event is a bound handler.
  triggerEvent(event, detail) {
    if (event === '__l') this.owner?.__l({ detail })
    else this.owner?.[this.bound?.[`bind${event}`]]?.({ type: event, detail })
  }

  selectComponent() {
    return null
  }

  selectAllComponents() {
    return []
  }

  createSelectorQuery() {
    return { in: () => ({}) }
  }

  /** What a person would see now: the tree of elements, with components unfolded and slots filled. */
  tree() {
    return this.unfold(this.runtime.render(this.is, this.data), () => [])
  }

  unfold(node, slotted) {
    if (typeof node === 'string') return [node]
    if (!node.tag) return node.children.flatMap((child) => this.unfold(child, slotted))
    if (node.tag === 'wx-slot') return slotted(node.attr?.name)
    const inside = node.children.flatMap((child) => this.unfold(child, slotted))
    const component = this.runtime.componentOf(this.is, node.tag.replace('wx-', ''))
    if (!component) return [{ tag: node.tag, attr: node.attr || {}, owner: this, children: inside }]
    const fill = (slot) => inside.filter((child) => (child.attr?.slot || undefined) === (slot || undefined))
    const child = this.child(component, node.attr)
    return child.unfold(this.runtime.render(child.is, child.data), fill)
  }

  child(name, attr) {
    const [uI, uP] = [attr.uI ?? attr['u-i'], attr.uP ?? attr['u-p']]
    let child = this.children.get(uI)
    if (!child) {
      child = new Mounted(this.runtime, name, this, { uI, uP }).ready()
      this.children.set(uI, child)
    } else if (uP !== child.properties.uP) {
      child.properties.uP = uP
      child.definition.observers?.uP?.call(child)
    }
    child.bound = attr
    return child
  }
}

/** Starts the package's app, as WeChat does with `options.opened` ({path, query}). `mount(page, query)` shows a page; `opened`, `toasts` and `asked` tell what it wanted of WeChat, `answered` what of the server. */
function launch(root, options) {
  const stub = stubWx(options)
  const using = new Map()
  const runtime = { render: compile(root), count: 0, definition, componentOf }
  let app = null
  let pages = []
  let defined = null

  Object.assign(globalThis, {
    wx: stub.wx,
    App: (definition) => (app = Object.assign(definition, { globalData: {} })),
    getApp: () => app,
    getCurrentPages: () => pages,
    Component: (definition) => (defined = definition),
    Page: (definition) => (defined = definition),
    Behavior: (definition) => definition,
  })

  function definition(name) {
    const file = path.join(root, `${name}.js`)
    delete require.cache[require.resolve(file)]
    require(file)
    return defined
  }

  function componentOf(user, tag) {
    if (!using.has(user)) {
      const { usingComponents = {} } = JSON.parse(fs.readFileSync(path.join(root, `${user}.json`), 'utf8'))
      using.set(user, usingComponents)
    }
    const place = using.get(user)[tag]
    return place && path.posix.join(path.posix.dirname(user), place)
  }

  function mount(name, query = {}) {
    const page = new Mounted(runtime, name, null, {})
    pages = [page]
    page.onLoad?.(query)
    page.onShow?.()
    return page.ready()
  }

  require(path.join(root, 'app.js'))
  app.onLaunch?.(options.opened)
  return { mount, ...stub }
}

/** All text of a tree, in order. */
const textOf = (nodes) =>
  nodes.map((node) => (typeof node === 'string' ? node : textOf(node.children))).join('\n')

/** The first element below `nodes` for which `wanted(element)`. */
function find(nodes, wanted) {
  for (const node of nodes) {
    if (typeof node === 'string') continue
    const found = wanted(node) ? node : find(node.children, wanted)
    if (found) return found
  }
  return null
}

// Calls the handler that an element's WXML names, in the page or component it belongs to.
function happen(element, type, detail) {
  const event = {
    type,
    detail,
    target: { dataset: {} },
    currentTarget: { dataset: {} },
    timeStamp: Date.now() + 1e6,
  }
  element.owner[element.attr[`bind${type}`]](event)
}

const tap = (element) => happen(element, 'tap', {})
const type = (element, value) => happen(element, 'input', { value })

module.exports = { launch, textOf, find, tap, type }
