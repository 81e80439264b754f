/** Our own pages where at least one of the two is in Firefox: a sealed call, a server that is killed, a page that is reloaded. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { german } from '../../src/web/german.ts'
import { label, newKey, number, sealedHost } from '../browser/sealing.ts'
import { admit, click, closeWindows, launchBrowser, launchFirefox, patientWaits } from '../browser/support.ts'
import {
  backOverTheSameConnection,
  banner,
  becomes,
  ice,
  picturesRun,
  type Shown,
  soundRuns,
  until,
} from '../browser/watching.ts'

const [server, chromium, firefox] = await Promise.all([spawnServer(), launchBrowser(), launchFirefox()])
const browsers = { Chromium: chromium, Firefox: firefox }

test.after.each(() => closeWindows(chromium, firefox))
test.after(async () => {
  await Promise.all([chromium.close(), firefox.close()])
  await server.stop()
})

const screen = ({ page }: Shown, name: string) => page.waitForSelector(`#${name}:not([hidden])`)
const key = await newKey()

/** Pictures arrive, and are shown; sound arrives. */
async function talk(windows: Shown[]) {
  for (const window of windows) {
    await picturesRun(window)
    await soundRuns(window)
    await becomes(
      () => window.page.evaluate(() => document.querySelector<HTMLVideoElement>('#tiles video')?.paused),
      false,
    )
  }
}

/** A line is written here and read there. */
async function chat(from: Shown, to: Shown) {
  const line = `Guten Tag ${Math.random()}`
  await from.page.locator('#chat-open').click()
  await from.page.locator('#chat-line').fill(line)
  await from.page.locator('#chat-form button').click()
  await from.page.locator('#chat-close').click()
  await until(
    () => to.page.evaluate(() => document.querySelector('#chat-lines')?.textContent),
    (text) => text?.includes(line) === true,
  )
}

/** The screen is shown here in place of the picture, and seen there; then the picture comes back. */
async function showScreen(from: Shown, to: Shown) {
  for (const shown of ['true', 'false']) {
    await from.page.locator('#more summary').click()
    await from.page.locator('#share').click()
    await becomes(() => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.screen), shown)
    await talk([to])
  }
}

/** The camera is let go of here, which is seen there; a picture of the same place comes back, and does not stand still. */
async function cameraOffAndOn(from: Shown, to: Shown) {
  // A window that is not the one in front gets no camera of Firefox.
  await from.page.bringToFront()
  for (const shown of ['false', 'true']) {
    await from.page.locator('[data-toggle=video]').click()
    await becomes(
      () => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.picture),
      shown,
    )
    await soundRuns(to)
  }
  await picturesRun(to)
}

for (const [guestIn, hostIn] of [
  ['Firefox', 'Chromium'],
  ['Chromium', 'Firefox'],
  ['Firefox', 'Firefox'],
] as const) {
  test(`a guest in ${guestIn} and a host in ${hostIn} talk, also when the server is killed and when a page is reloaded`, async () => {
    const { codes } = await server.mint()
    const guest = await patientWaits(browsers[guestIn], server, `${codes[1]}-${key.seal}`, 'Anna')
    const host = await sealedHost(browsers[hostIn], server.url, codes[0] ?? '', key)
    await admit(host, 'Anna')
    await screen(guest, 'call')
    const windows = [guest, host]
    await talk(windows)
    for (const [from, to] of [
      [guest, host],
      [host, guest],
    ] as const) {
      await chat(from, to)
      await showScreen(from, to)
      await cameraOffAndOn(from, to)
    }
    for (const window of windows) await label(window, german.safety.sealed)
    const first = await number(guest)
    assert.is(await number(host), first)

    const before = await Promise.all(windows.map(ice))
    await server.end('SIGKILL')
    for (const window of windows) await banner(window, german.reconnecting.lost)
    await talk(windows)
    await server.start()
    await backOverTheSameConnection(windows, before)
    await talk(windows)

    if (guestIn === 'Firefox') {
      await guest.page.bringToFront()
      await guest.page.reload()
      await screen(guest, 'call')
      await talk([guest, host])
    }
    if (hostIn === 'Firefox') {
      await host.page.bringToFront()
      await host.page.reload()
      await screen(host, 'in-session')
      await talk([host, guest])
    }
    for (const window of windows) assert.is(await number(window), first, 'the same number after all that')
    const problems = windows.flatMap(({ problems }) => problems).filter((text) => !text.includes('/v1/signal'))
    assert.equal(problems, [], 'nothing but attempts to reach the server that was killed')
    await click(host, 'end')
    await screen(guest, 'over')
  })
}

test.run()
