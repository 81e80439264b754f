/**
 * npm run screenshots: every state of both pages, at four widths, light and dark, into screenshots/ (which git ignores), to be
 * looked at. Needs root and Chromium, as the browser tests do.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { WebSocket } from 'ws'
import {
  admit,
  click,
  hostOpens,
  launchBrowser,
  openWindow,
  patientWaits,
  type Window,
} from '../test/browser/support.ts'
import { picturesRun } from '../test/browser/watching.ts'
import { spawnServer } from './support/server.ts'

const FOLDER = 'screenshots'
const SIZES = [
  [390, 844],
  [768, 1024],
  [1366, 768],
  [1920, 1080],
] as const

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER)
const [server, browser] = await Promise.all([spawnServer(), launchBrowser()])

async function shoot(name: string, { page }: Window): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height })
      await page.waitForTimeout(150)
      await page.screenshot({ path: `${FOLDER}/${name}-${width}-${colorScheme}.png` })
    }
  }
  await page.setViewportSize({ width: 1366, height: 768 })
}

/** Somebody else waits, without a browser. */
async function joins(code: string, name: string): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/signal`, 'wartezimmer.v1')
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'join', code, name }))
  await new Promise((resolve) => socket.once('message', resolve))
  return socket
}

const { codes } = await server.mint({ roles: ['host', 'guest', 'guest', 'guest', 'guest'] })
const [hosts = '', guests = '', ...others] = codes
const entry = await openWindow(browser, server.url)
await shoot('guest-entry', entry)
await entry.page.locator('#enter').click()
await shoot('guest-entry-missing', entry)
await shoot('lost', await openWindow(browser, `${server.url}/nowhere`))
await shoot('host-entry', await openWindow(browser, `${server.url}/praxis#${hosts}`))
const guest = await patientWaits(browser, server, guests, 'Anna Beispiel')
await shoot('guest-waiting-nobody-there', guest)
const host = await hostOpens(browser, server, hosts)
await shoot('guest-waiting', guest)
await shoot('host-one-waits', host)
await joins(others[0] ?? '', 'Bruno von und zu Hohenlohe-Langenburg-Beispielhausen')
await joins(others[1] ?? '', 'مريم')
await shoot('host-three-wait', host)
await admit(host, 'Anna Beispiel')
await Promise.all([picturesRun(guest), picturesRun(host)])
await shoot('guest-call', guest)
await shoot('host-call-two-wait', host)
await guest.page.locator('#tiles .safety').click()
await guest.page.waitForTimeout(500)
await shoot('guest-compares', guest)
await guest.page.locator('#compare').evaluate((dialog) => (dialog as HTMLDialogElement).close())
await guest.page.locator('[data-toggle=video]:visible').click()
await guest.page.locator('[data-toggle=audio]:visible').click()
await host.page.getByText('Kamera und Mikrofon aus').waitFor()
await shoot('host-call-devices-off', host)
await host.page.locator('#end').click()
await shoot('host-asks', host)
await host.page.locator('#ask-no').click()
await click(host, 'end')
await guest.page.locator('#over').waitFor()
await shoot('guest-over', guest)
await browser.close()
await server.stop()
