/** The sandbox, as whoever writes a frontend uses it: our own page with the robots, in both roles. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { admit, closeWindows, hostOpens, launchBrowser, patientWaits } from '../browser/support.ts'
import { picturesRun, until } from '../browser/watching.ts'

const sandbox = spawn(process.execPath, ['--import', 'tsx', 'scripts/sandbox.ts', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
/** Where the links lead, by what the robot does. */
const links = new Map<string, URL>()
for await (const line of createInterface(sandbox.stdout)) {
  const [, what, link] = /^ +[\w-]+ +as (?:a guest|the practice): (.*): (http.*)$/.exec(line) ?? []
  if (what && link) links.set(what, new URL(link))
  if (what?.startsWith('a guest waits')) break
}
const browser = await launchBrowser('granted', { args: [] })
test.after.each(() => closeWindows(browser))
test.after(async () => {
  await browser.close()
  sandbox.kill('SIGTERM')
  await once(sandbox, 'exit')
})

/** Where somebody comes in, and with which code. */
function place(what: string): { server: { url: string }; code: string } {
  const link = links.get(what)
  if (!link) throw new Error(`nobody ${what}`)
  return { server: { url: link.origin }, code: link.hash.slice(1) }
}

test('its codes are the same each time, and can be told from real ones', () => {
  assert.is(place('the practice lets you in after a moment').code, '111-111-117')
  assert.is(links.size, 7)
})

test('a practice lets a guest in, with a picture that moves, and again after its page was loaded anew', async () => {
  const { server, code } = place('the practice lets you in, and loads its page anew now and then')
  const guest = await patientWaits(browser, server, code, 'Otto')
  await picturesRun(guest)
  // It was away, and is back.
  await until(
    () => guest.frames.some(({ type }) => type === 'peer-back'),
    (isBack) => isBack,
    60_000,
  )
  await picturesRun(guest)
})

test('a practice sends a guest away, with a word', async () => {
  const { server, code } = place('the practice sends you away')
  const guest = await patientWaits(browser, server, code, 'Otto')
  await guest.page.getByText('Heute leider nicht.').waitFor()
})

test('a guest waits for the practice, and answers its call', async () => {
  const { server, code } = place('a guest waits, and answers calls')
  const host = await hostOpens(browser, server, code)
  await admit(host, 'Anna Beispiel')
  await picturesRun(host)
})

test.run()
