/** The smallest page of the library's document, as it stands there, on an origin of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { block } from './documents.ts'
import { status, visit } from './smallest-page.ts'
import { click, closeWindows, hostOpens, launchBrowser, openWindow } from './support.ts'

let html = ''
const site = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(html)
})
await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
const [server, patients, practice] = await Promise.all([
  spawnServer({ env: { WZ_ALLOWED_ORIGINS: origin } }),
  launchBrowser(),
  launchBrowser(),
])
html = block('client', 'html')
  .replaceAll('https://video.praxis.example', server.url)
  .replaceAll('wss://video.praxis.example', server.url.replace('http', 'ws'))
test.after(async () => {
  await closeWindows(patients, practice)
  await Promise.all([patients.close(), practice.close()])
  site.close()
  await server.stop()
})

test('the smallest page waits, talks with the practice, is back after a reload, and says goodbye', async () => {
  assert.ok(html.trim().split('\n').length <= 35, 'it is small')
  const { codes } = await server.mint()
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const guest = await openWindow(patients, origin)
  await visit(guest, host, codes[1] ?? '')
  await click(host, 'end')
  await status(guest, 'ended')
  assert.equal(guest.problems, [])
})

test.run()
