/**
 * Ends the process, with one line that says why, where it runs on a version of Node that is not supported:
 * the database's binary would crash it without a word. To be imported before everything else.
 */
import { readFileSync } from 'node:fs'

// The same distance from src/process and from dist/process.
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const supported = manifest.engines.node
const [major] = process.versions.node.split('.')

if (!supported.split(' || ').includes(`^${major}`)) {
  console.error(
    `Node ${process.versions.node} is not supported: use ${supported.replaceAll('^', '').replaceAll(' || ', ', ')}`,
  )
  process.exit(1)
}
