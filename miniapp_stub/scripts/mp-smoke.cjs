/**
 * Proves the built mini-program against a live server: every page compiles with the official WXML compiler,
 * a person who opened a link signs in by WeChat login code and is led on to its page, home greets them, the sittings of a day are listed, a room is booked after
 * WeChat's question about messages, and every page mounts.
 *
 *     API_BASE=http://127.0.0.1:8000 node scripts/mp-smoke.cjs dist/build/mp-weixin
 *
 * Exits with 1 and a sentence at the first thing that is not so. LOGIN_CODE names another person.
 */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { launch, textOf, find, tap, type } = require('./mp-runtime.cjs')

const ROOT = path.resolve(process.argv[2] || 'dist/build/mp-weixin')
const SERVER = process.env.API_BASE || 'http://127.0.0.1:8000'
const LOGIN_CODE = process.env.LOGIN_CODE || 'demo-S0042'
const LINK = { path: 'pages/orders/detail', query: { id: 'ord_of_a_link' } }
const PATIENCE_MS = 8_000
const PAGE_MS = 150

const testIdOf = (element) => element.attr['data-testid'] || element.attr.dataTestid || ''
const byTestId = (id) => (element) => testIdOf(element) === id
const button = (element) => element.tag === 'wx-button'

async function until(page, holds, what) {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const tree = page.tree()
    const found = holds(tree)
    if (found) return found
    if (Date.now() > end) assert.fail(`${page.is}: ${what}. The page shows:\n${textOf(tree)}`)
    await new Promise((next) => setTimeout(next, 50))
  }
}

function checkPackage() {
  const app = JSON.parse(fs.readFileSync(path.join(ROOT, 'app.json'), 'utf8'))
  for (const page of app.pages) {
    for (const ending of ['js', 'json', 'wxml']) {
      assert.ok(fs.existsSync(path.join(ROOT, `${page}.${ending}`)), `${page}.${ending} is missing`)
    }
  }
  for (const tab of app.tabBar.list) {
    assert.ok(app.pages.includes(tab.pagePath), `tab ${tab.pagePath} is not a page`)
    assert.ok(fs.existsSync(path.join(ROOT, tab.iconPath)), `${tab.iconPath} is missing`)
  }
  return app.pages
}

async function signIn(program) {
  const page = program.mount('pages/account/sign-in')
  tap(
    find(
      await until(page, (tree) => find(tree, byTestId('sign-in')) && tree, 'has a sign-in button'),
      button,
    ),
  )
  const session = await until(
    page,
    () => program.storage.get('session')?.person && program.storage.get('session'),
    'signs in',
  )
  assert.equal(`demo-${session.person.employee_no}`, LOGIN_CODE)
  return session
}

async function agreeIfAsked(program, session) {
  if (!session.consentNeeded) return
  assert.match(program.opened.at(-1).url, /account\/consent/)
  const page = program.mount('pages/account/consent')
  await until(page, (tree) => find(tree, byTestId('privacy-text')), 'shows the privacy text')
  tap(find([find(page.tree(), byTestId('agree'))], button))
  await until(page, () => program.storage.get('session').consentNeeded === false, 'records the consent')
}

/** Whoever had to sign in first comes to the page the program was opened with. */
async function leadOn(program) {
  const wanted = `/${LINK.path}?id=${LINK.query.id}`
  const page = { is: LINK.path, tree: () => [] }
  await until(page, () => program.opened.at(-1).url === wanted, 'is not where signing in leads')
  assert.deepEqual(
    program.opened.map(({ kind }) => kind).slice(-2),
    ['switchTab', 'navigateTo'], // home lies under it
  )
}

async function showHome(program, person) {
  const page = program.mount('pages/home/home')
  const greeting = await until(page, (tree) => find(tree, byTestId('greeting')), 'greets')
  assert.ok(textOf([greeting]).includes(person.name), `home greets ${textOf([greeting])}, not ${person.name}`)
  await until(
    page,
    (tree) => find(tree, byTestId('today')) || find(tree, byTestId('today-empty')),
    'shows today',
  )
}

async function showSittings(program) {
  const page = program.mount('pages/meals/order')
  const isSitting = (element) => /^sitting-/.test(testIdOf(element))
  const sitting = await until(page, (tree) => find(tree, isSitting), 'lists the sittings of an open day')
  assert.match(textOf([sitting]), /\d\d:\d\d–\d\d:\d\d/)
}

const field = (id) => (element) => element.tag === 'wx-input' && testIdOf(element) === id

/** A free room is found and booked; WeChat is asked at the tap, for no more messages than it takes. */
async function bookRoom(program) {
  const home = program.mount('pages/meetings/home')
  const free = (element) => /^room-/.test(testIdOf(element)) && /空闲/.test(textOf([element]))
  tap(await until(home, (tree) => find(tree, free), 'lists a free room'))
  const opened = () => program.opened.at(-1).url
  await until(home, () => /meetings\/book/.test(opened()), 'leads to the form')
  const url = new URL(opened(), 'http://mini.program')

  const page = program.mount('pages/meetings/book', Object.fromEntries(url.searchParams))
  type(await until(page, (tree) => find(tree, field('subject')), 'has a form'), '小程序里的会')
  type(find(page.tree(), field('attendees')), '2')
  const submit = (tree) => find([find(tree, byTestId('submit'))], button)
  await until(page, (tree) => !submit(tree).attr.disabled, 'can be submitted')
  const consents = 'GET /api/v1/messages/consents' // a tap before that is answered asks nothing
  await until(page, () => program.answered.includes(consents), 'reads what to ask for')
  tap(submit(page.tree()))
  await until(page, () => /orders\/detail/.test(opened()), 'books')
  assert.equal(program.asked.length, 1)
  assert.ok(program.asked[0].length >= 1 && program.asked[0].length <= 3, program.asked[0].join())
}

/** Every page comes up for a signed-in person, even with nothing given to it, and none of its code fails. */
async function mountAll(program, pages) {
  const failures = []
  console.error = (...words) => failures.push(words.map((word) => word?.stack || String(word)).join(' '))
  for (const name of pages) {
    const page = program.mount(name)
    await new Promise((next) => setTimeout(next, PAGE_MS))
    page.tree()
    assert.deepEqual(failures, [], name)
  }
}

async function main() {
  const pages = checkPackage()
  const program = launch(ROOT, { server: SERVER, loginCode: LOGIN_CODE, opened: LINK })
  const session = await signIn(program)
  await agreeIfAsked(program, session)
  await leadOn(program)
  await showHome(program, session.person)
  await showSittings(program)
  await bookRoom(program)
  await mountAll(program, pages)
  console.log(
    `ok: ${pages.length} pages compiled and mounted; ${session.person.employee_no} signed in, home and sittings shown, a room booked`,
  )
}

main().then(
  () => process.exit(0),
  (failure) => {
    console.error(failure.message)
    process.exit(1)
  },
)
