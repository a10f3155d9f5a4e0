/**
 * Keeps package-lock.json free of addresses, so that `npm ci` uses whatever registry a machine is set to.
 * Run by `npm run lock`; fails when an address is left.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const LOCK = 'package-lock.json'
const lock = JSON.parse(readFileSync(LOCK, 'utf8'))

for (const entry of Object.values(lock.packages)) {
  delete entry.funding
  delete entry.resolved
}

const text = JSON.stringify(lock, null, 2) + '\n'
writeFileSync(LOCK, text)

if (/https?:\/\//.test(text)) {
  console.error(`${LOCK} still names an address`)
  process.exit(1)
}
