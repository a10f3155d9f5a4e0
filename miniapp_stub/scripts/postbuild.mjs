/**
 * Makes a built package fit for a network without a way out, and fails when it is not.
 *
 * The framework ships two beacons: on H5 a style rule that loads a picture from the vendor's network three
 * seconds after start, on WeChat a preload whose address holds the app id. Both are removed here. The
 * content security policy would stop them too; a mini-program has none.
 *
 * The web page also gets the worker that keeps it for desks without a network, with the list of its files.
 *
 *     node scripts/postbuild.mjs dist/build/h5
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const CUTS = [
  { pattern: /!function\(\)\{if\([\w$]+\(wx\.preloadAssets\)\)\{.*?\},3e3\)\}\}\(\)/s, by: '!0' },
  { pattern: /url\((["']?)https:\/\/cdn\d*\.dcloud\.net\.cn\/[^)]*\1\)/g, by: 'none' },
]
const FORBIDDEN = /dcloud\.net\.cn\/img|wx\.preloadAssets\(|shadow-grey\.png/

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

/** Cuts the beacons out of one file; true when none is left in it. */
function clean(path) {
  const built = readFileSync(path, 'utf8')
  const kept = CUTS.reduce((text, cut) => text.replace(cut.pattern, cut.by), built)
  if (kept !== built) {
    writeFileSync(path, kept)
    console.log(`cut a beacon out of ${path}`)
  }
  return !FORBIDDEN.test(kept)
}

const WORKER = 'pages-worker.js'

/** Writes the worker into a web build: it names every file, and changes when one of them does. */
function keepForDesks(folder) {
  const paths = filesUnder(folder).filter((path) => !path.endsWith(WORKER))
  const files = paths.map((path) => './' + relative(folder, path).split('\\').join('/')).sort()
  const digest = createHash('sha256')
  paths.sort().forEach((path) => digest.update(path.slice(folder.length)).update(readFileSync(path)))
  const source = readFileSync(new URL(WORKER, import.meta.url), 'utf8')
  const filled = source
    .replace('const FILES = []', `const FILES = ${JSON.stringify(files)}`)
    .replace("const VERSION = ''", `const VERSION = '${digest.digest('hex').slice(0, 12)}'`)
  writeFileSync(join(folder, WORKER), filled)
}

const folder = process.argv[2]
const dirty = filesUnder(folder).filter((path) => /\.(js|css|wxss)$/.test(path) && !clean(path))

if (dirty.length) {
  console.error('a beacon is left in:\n' + dirty.join('\n'))
  process.exit(1)
}

if (existsSync(join(folder, 'index.html'))) keepForDesks(folder)
