/**
 * Keeps the built pages in the browser, so that a desk comes up without a network (docs/adr/0014).
 *
 * It answers for the files of the build and for nothing else: these are the same for everybody. What the API
 * says is never kept here, nor is any other address touched. The page itself is asked of the server first.
 * `FILES` is put in by scripts/postbuild.mjs; with it this file changes whenever the build does.
 */
const FILES = []
const VERSION = ''
const PAGE = './'
const PATIENCE_MS = 3000

const CACHE = `pages-${VERSION}`
const address = (file) => new URL(file, self.registration.scope).href
const kept = new Set(FILES.map(address))

async function install() {
  const cache = await caches.open(CACHE)
  await cache.addAll([PAGE, ...FILES])
  await self.skipWaiting()
}

async function activate() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith('pages-') && name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await self.clients.claim()
}

const fromCache = (key) => caches.open(CACHE).then((cache) => cache.match(key))

async function page(request) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS))
  try {
    return await Promise.race([fetch(request), late])
  } catch {
    return (await fromCache(address(PAGE))) || Response.error()
  }
}

const file = async (request) => (await fromCache(request.url)) || fetch(request)

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = request.url.split('#')[0]
  if (request.method !== 'GET') return
  if (request.mode === 'navigate' && url === address(PAGE)) event.respondWith(page(request))
  else if (kept.has(url)) event.respondWith(file(request))
})
