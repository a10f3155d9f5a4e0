/**
 * Proves the built mini-program against a live server: every page compiles with the official WXML compiler,
 * a person signs in by WeChat login code, home greets them, the sittings of a day are listed, and every page mounts.
 *
 *     API_BASE=http://127.0.0.1:8000 node scripts/mp-smoke.cjs dist/build/mp-weixin
 *
 * Exits with 1 and a sentence at the first thing that is not so. LOGIN_CODE names another person.
 */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { launch, textOf, find, tap } = require('./mp-runtime.cjs')

const ROOT = path.resolve(process.argv[2] || 'dist/build/mp-weixin')
const SERVER = process.env.API_BASE || 'http://127.0.0.1:8000'
const LOGIN_CODE = process.env.LOGIN_CODE || 'demo-S0042'
const PATIENCE_MS = 8_000
const PAGE_MS = 150

const byTestId = (id) => (element) => element.attr['data-testid'] === id || element.attr.dataTestid === id
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
  const isSitting = (element) =>
    /^sitting-/.test(element.attr['data-testid'] || element.attr.dataTestid || '')
  const sitting = await until(page, (tree) => find(tree, isSitting), 'lists the sittings of an open day')
  assert.match(textOf([sitting]), /\d\d:\d\d–\d\d:\d\d/)
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
  const program = launch(ROOT, { server: SERVER, loginCode: LOGIN_CODE })
  const session = await signIn(program)
  await agreeIfAsked(program, session)
  await showHome(program, session.person)
  await showSittings(program)
  await mountAll(program, pages)
  console.log(
    `ok: ${pages.length} pages compiled and mounted; ${session.person.employee_no} signed in, home and sittings shown`,
  )
}

main().then(
  () => process.exit(0),
  (failure) => {
    console.error(failure.message)
    process.exit(1)
  },
)
