/** Our own pages where at least one of the two is in Firefox: a sealed call, a server that is killed, a page that is reloaded. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { makePracticeKey, readPracticeKey } from '../../src/protocol/seal.ts'
import { german } from '../../src/web/german.ts'
import { closeWindows, launchBrowser, launchFirefox, openWindow } from '../browser/support.ts'
import { ice, picturesRun, type Shown, soundRuns, until } from '../browser/watching.ts'

const [server, chromium, firefox] = await Promise.all([spawnServer(), launchBrowser(), launchFirefox()])
const browsers = { Chromium: chromium, Firefox: firefox }

test.after.each(() => closeWindows(chromium, firefox))
test.after(async () => {
  await Promise.all([chromium.close(), firefox.close()])
  await server.stop()
})

const screen = ({ page }: Shown, name: string) => page.waitForSelector(`#${name}:not([hidden])`)

const banner = ({ page }: Shown, text: string) =>
  until(
    () => page.evaluate(() => document.getElementById('banner')?.textContent),
    (shown) => shown === text,
  )

const key = JSON.stringify(await makePracticeKey())
const seal = (await readPracticeKey(key))?.seal ?? ''

/** The practice loads its key, as from a file that it has chosen. */
const load = ({ page }: Shown) =>
  page.evaluate((text: string) => {
    const input = document.querySelector<HTMLInputElement>('#practice-file')
    const chosen = new DataTransfer()
    chosen.items.add(new File([text], 'practice-key.json'))
    if (input) input.files = chosen.files
    input?.dispatchEvent(new Event('change'))
  }, key)

const keyLine = ({ page }: Shown, wanted: string) =>
  until(
    () => page.evaluate(() => document.querySelector('[data-practice-key]')?.textContent),
    (text) => text === wanted,
  )

/** It is sealed, as the page says, and the page has a number. */
async function numberOf({ page }: Shown): Promise<string> {
  const text = (selector: string) => page.evaluate((at: string) => document.querySelector(at)?.textContent, selector)
  await until(
    () => text('#tiles .safety'),
    (label) => label?.startsWith(german.safety.sealed) === true,
  )
  await page.evaluate(() => document.querySelector<HTMLButtonElement>('#tiles .safety')?.click())
  const number = await until(
    () => text('#compare-number'),
    (shown) => /\d/.test(shown ?? ''),
  )
  await page.evaluate(() => document.querySelector<HTMLDialogElement>('#compare')?.close())
  return number ?? ''
}

/** Pictures arrive, and are shown; sound arrives. */
async function talk(windows: Shown[]) {
  for (const window of windows) {
    await picturesRun(window)
    await soundRuns(window)
    await until(
      () => window.page.evaluate(() => document.querySelector<HTMLVideoElement>('#tiles video')?.paused),
      (paused) => paused === false,
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
    await until(
      () => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.screen),
      (screen) => screen === shown,
    )
    await talk([to])
  }
}

/** The camera is let go of here, which is seen there; a picture of the same place comes back, and does not stand still. */
async function cameraOffAndOn(from: Shown, to: Shown) {
  // A window that is not the one in front gets no camera of Firefox.
  await from.page.bringToFront()
  for (const shown of ['false', 'true']) {
    await from.page.locator('[data-toggle=video]').click()
    await until(
      () => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.picture),
      (picture) => picture === shown,
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
    const guest = await openWindow(browsers[guestIn], `${server.url}/#${codes[1]}-${seal}`)
    await guest.page.locator('#name').fill('Anna')
    await guest.page.locator('#enter').click()
    await screen(guest, 'waiting')
    const host = await openWindow(browsers[hostIn], `${server.url}/praxis#${codes[0]}`)
    await keyLine(host, german.practiceKey.none)
    await load(host)
    await keyLine(host, german.practiceKey.loaded(seal.slice(0, 4)))
    await host.page.locator('#enter').click()
    await host.page.locator('#waiting-list .primary').click()
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
    const number = await numberOf(guest)
    assert.is(await numberOf(host), number)

    const before = await Promise.all(windows.map(ice))
    await server.end('SIGKILL')
    for (const window of windows) await banner(window, german.reconnecting.lost)
    await talk(windows)
    await server.start()
    for (const [index, window] of windows.entries()) {
      await banner(window, '')
      const after = await until(
        () => ice(window),
        ({ ufrag }) => ufrag !== before[index]?.ufrag,
      )
      assert.is(after.made, before[index]?.made, 'ICE is restarted on the same connection')
    }
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
    for (const window of windows) assert.is(await numberOf(window), number, 'the same number after all that')
    const problems = windows.flatMap(({ problems }) => problems).filter((text) => !text.includes('/v1/signal'))
    assert.equal(problems, [], 'nothing but attempts to reach the server that was killed')
    await host.page.locator('#end').click()
    await host.page.locator('#ask-yes').click()
    await screen(guest, 'over')
  })
}

test.run()
