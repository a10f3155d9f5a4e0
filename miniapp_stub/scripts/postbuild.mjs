/**
 * Makes a built package fit for a network without a way out, and fails when it is not.
 *
 * The framework ships two beacons: on H5 a style rule that loads a picture from the vendor's network three
 * seconds after start, on WeChat a preload whose address holds the app id. Both are removed here. The
 * content security policy would stop them too; a mini-program has none.
 *
 *     node scripts/postbuild.mjs dist/build/h5
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

const folder = process.argv[2]
const dirty = filesUnder(folder).filter((path) => /\.(js|css|wxss)$/.test(path) && !clean(path))

if (dirty.length) {
  console.error('a beacon is left in:\n' + dirty.join('\n'))
  process.exit(1)
}
