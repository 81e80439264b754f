/** The client as a library in somebody else's frontend: installed from its package, bundled by Vite, on an origin of its own. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { block } from '../browser/documents.ts'
import { visit } from '../browser/smallest-page.ts'
import { closeWindows, hostOpens, launchBrowser, openWindow } from '../browser/support.ts'
import { tempFolder } from '../record-support.ts'
import { load, run } from './tools.ts'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

/** What Vite makes, by path. */
const files = new Map<string, string>()
const site = createServer(({ url = '' }, response) => {
  const path = files.has(url) ? url : '/index.html'
  response.setHeader('content-type', `${TYPES[extname(path)]}; charset=utf-8`)
  response.end(files.get(path))
})
await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
const [server, patients, practice] = await Promise.all([
  spawnServer({ env: { WZ_ALLOWED_ORIGINS: origin } }),
  launchBrowser(),
  launchBrowser(),
])
const folder = tempFolder()
test.after(async () => {
  await closeWindows(patients, practice)
  await Promise.all([patients.close(), practice.close()])
  site.close()
  await server.stop()
})

test('the smallest page, with the package instead of the address, is bundled without a warning', async () => {
  const packed = fileURLToPath(new URL('../../dist/client-package', import.meta.url))
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const tarball = run('npm', ['pack', '--silent', packed], folder).trim()
  run('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', `./${tarball}`], folder)
  const page = block('client', 'html')
    .replace('https://video.praxis.example/assets/wartezimmer.js', 'wartezimmer-client')
    .replace('wss://video.praxis.example', server.url.replace('http', 'ws'))
  assert.not.match(page, 'praxis.example')
  writeFileSync(join(folder, 'index.html'), page)

  const { build, createLogger } = await load('vite')
  const warnings: string[] = []
  const customLogger = { ...createLogger('silent'), warn: (text: string) => warnings.push(text) }
  type Output = { fileName: string; code?: string; source?: string }
  const { output }: { output: Output[] } = await build({
    root: folder,
    configFile: false,
    logLevel: 'warn',
    customLogger,
    build: { write: false },
  })
  assert.equal(warnings, [])
  for (const { fileName, code, source = '' } of output) files.set(`/${fileName}`, code ?? source)
  assert.equal([...files.keys()].map(extname).sort(), ['.html', '.js'])
})

test('what Vite has made waits, talks with the practice, and is back after a reload', async () => {
  const { codes } = await server.mint()
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const guest = await openWindow(patients, origin)
  await visit(guest, host, codes[1] ?? '')
  const asked = guest.requests.filter((url) => !url.startsWith(origin))
  assert.equal(
    [...new Set(asked)],
    [`${server.url.replace('http', 'ws')}/v1/signal`],
    'the server is asked for nothing else',
  )
  assert.equal(guest.problems, [])
})

test.run()
