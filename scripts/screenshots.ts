/**
 * npm run screenshots: every state of both pages, at four widths, light and dark, into screenshots/ (which git ignores), to be
 * looked at. Needs root and Chromium, as the browser tests do.
 */
import { mkdirSync, rmSync } from 'node:fs'
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
import { joinAt } from '../test/server-support.ts'
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

const { codes } = await server.mint({ roles: ['host', 'guest', 'guest', 'guest', 'guest', 'staff'], guests: 4 })
const [hosts = '', guests = '', ...others] = codes
const entry = await openWindow(browser, server.url)
await shoot('guest-entry', entry)
await entry.page.locator('#enter').click()
await shoot('guest-entry-missing', entry)
await entry.page.locator('#code').fill('000-000-000')
await entry.page.locator('#name').fill('Anna Beispiel')
await entry.page.locator('#enter').click()
await entry.page.locator('#problem').waitFor()
await shoot('guest-entry-refused', entry)
await shoot('lost', await openWindow(browser, `${server.url}/nowhere`))
await shoot('host-entry', await openWindow(browser, `${server.url}/praxis#${hosts}`))
const guest = await patientWaits(browser, server, guests, 'Anna Beispiel')
await shoot('guest-waiting-nobody-there', guest)
await guest.page.locator('#waiting [data-devices]').click()
await guest.page.waitForTimeout(1_000)
await shoot('guest-devices', guest)
await guest.page.locator('#devices').evaluate((dialog) => (dialog as HTMLDialogElement).close())
const host = await hostOpens(browser, server, hosts)
await host.page.getByRole('button', { name: 'Nachricht: Anna Beispiel' }).click()
await shoot('host-notice', host)
await host.page.locator('.ready button').first().click()
await host.page.locator('#ask-yes').click()
await guest.page.locator('#notices').waitFor()
await shoot('guest-waiting', guest)
await shoot('host-one-waits', host)
// Others wait without a browser.
await joinAt(server.url, others[0] ?? '', 'Bruno von und zu Hohenlohe-Langenburg-Beispielhausen')
await joinAt(server.url, others[1] ?? '', 'مريم')
await shoot('host-three-wait', host)
const reception = await openWindow(browser, `${server.url}/praxis#${codes.at(-1)}`)
await reception.page.locator('#enter').click()
await reception.page.locator('#room').waitFor()
await shoot('reception', reception)
await admit(host, 'Anna Beispiel')
await Promise.all([picturesRun(guest), picturesRun(host)])
await shoot('guest-call', guest)
await shoot('host-call-two-wait', host)
await guest.page.locator('#tiles .safety').click()
await guest.page.waitForTimeout(500)
await shoot('guest-compares', guest)
await guest.page.locator('#compare').evaluate((dialog) => (dialog as HTMLDialogElement).close())
await guest.page.locator('#more summary').click()
await shoot('guest-call-menu', guest)
await guest.page.keyboard.press('Escape')
await guest.page.locator('#chat-open').click()
await guest.page.locator('#chat-line').fill('Ich kann Sie leider nicht hören.')
await guest.page.keyboard.press('Enter')
await host.page.locator('#chat-open').click()
await host.page.locator('#chat-line').fill('Ich rufe Sie an. Bleiben Sie ruhig hier, dann sehen wir uns weiter.')
await host.page.keyboard.press('Enter')
await guest.page.getByText('Ich rufe Sie an.').waitFor()
await shoot('guest-call-chat', guest)
await shoot('host-call-chat', host)
for (const { page } of [guest, host]) await page.locator('#chat-close').click()
await guest.page.locator('[data-toggle=video]:visible').click()
await guest.page.locator('[data-toggle=audio]:visible').click()
await host.page.getByText('Kamera und Mikrofon aus').waitFor()
await shoot('host-call-devices-off', host)
await shoot('guest-call-devices-off', guest)
await host.page.getByRole('button', { name: 'Hereinbitten: Bruno' }).click()
await shoot('host-asks-group', host)
await host.page.locator('#ask-yes').click()
const fourth = await patientWaits(browser, server, others[2] ?? '', 'Clara')
await admit(host, 'Clara')
await fourth.page.locator('#call').waitFor()
await shoot('host-call-group', host)
await shoot('guest-call-group', fourth)
await host.page.getByRole('button', { name: 'Zurück ins Wartezimmer: Anna' }).click()
await guest.page.locator('#held').waitFor()
await shoot('guest-held', guest)
await host.page.locator('#end').click()
await shoot('host-asks', host)
await host.page.locator('#ask-no').click()
await click(host, 'end')
await fourth.page.locator('#over').waitFor()
await shoot('guest-over', fourth)
await server.end('SIGKILL')
await guest.page.locator('#banner').getByText('Verbindung').waitFor()
await shoot('guest-waiting-reconnecting', guest)
await guest.page.evaluate(() => window.stop())
await server.start()
await host.page
  .locator('#banner')
  .waitFor({ state: 'hidden' })
  .catch(() => {})
await click(host, 'leave')
await host.page.locator('#over').waitFor()
await shoot('host-over', host)
await browser.close()
await server.stop()
