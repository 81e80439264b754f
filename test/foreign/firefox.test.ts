/** Our own pages where at least one of the two is in Firefox: a sealed call, a server that is killed, a page that is reloaded. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { makePracticeKey, readPracticeKey } from '../../src/protocol/seal.ts'
import { german } from '../../src/web/german.ts'
import { closeWindows, DEADLINE, INIT, launchBrowser, openWindow } from '../browser/support.ts'
import { ice, picturesRun, type Shown, until } from '../browser/watching.ts'
import { load as loadTool } from './tools.ts'

const puppeteer = await loadTool('puppeteer-core')
const [server, chromium, firefox] = await Promise.all([
  spawnServer(),
  launchBrowser(),
  puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'intl.accept_languages': 'de',
      'media.navigator.streams.fake': true,
      // Allowed for good: otherwise the addresses are asked of the default route, and loopback alone has none.
      'permissions.default.camera': 1,
      'permissions.default.microphone': 1,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
    },
  }),
])
/** What went wrong in Firefox's pages. */
let problems: string[] = []

test.after.each(async () => {
  await closeWindows(chromium)
  for (const page of await firefox.pages()) await page.close()
  problems = []
})
test.after(async () => {
  await Promise.all([chromium.close(), firefox.close()])
  await server.stop()
})

/** A browser without a display has no screen to show: one that is drawn takes its place. */
const DRAWN = `
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    let turn = 0
    setInterval(() => {
      context.fillStyle = (turn += 1) % 2 ? '#a33' : '#33a'
      context.fillRect(0, 0, canvas.width, canvas.height)
    }, 100)
    return canvas.captureStream(10)
  }
`

const open = {
  Chromium: (url: string): Promise<Shown> => openWindow(chromium, url),
  /** A window for each: a tab behind another one is a hidden page. What is used of Puppeteer's page, Playwright's has too. */
  async Firefox(url: string): Promise<Shown> {
    const context = await firefox.createBrowserContext()
    const page = await context.newPage({ type: 'window' })
    page.setDefaultTimeout(DEADLINE)
    page.on('pageerror', (error: unknown) => problems.push(String(error)))
    // Not in the empty page that a window begins with.
    await page.evaluateOnNewDocument(`if (isSecureContext) {${INIT}${DRAWN}}`)
    await page.goto(url)
    return { page }
  },
}

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

/** Pictures arrive, and are shown. */
async function talk(windows: Shown[]) {
  for (const window of windows) {
    await picturesRun(window)
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
    await from.page.bringToFront()
    await from.page.locator('#more summary').click()
    await from.page.locator('#share').click()
    await until(
      () => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.screen),
      (screen) => screen === shown,
    )
    await picturesRun(to)
  }
}

/** The camera is let go of here, which is seen there; a picture of the same place comes back, and does not stand still. */
async function cameraOffAndOn(from: Shown, to: Shown) {
  for (const shown of ['false', 'true']) {
    await from.page.locator('[data-toggle=video]').click()
    await until(
      () => to.page.evaluate(() => document.querySelector<HTMLElement>('#tiles li')?.dataset.picture),
      (picture) => picture === shown,
    )
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
    const guest = await open[guestIn](`${server.url}/#${codes[1]}-${seal}`)
    await guest.page.locator('#name').fill('Anna')
    await guest.page.locator('#enter').click()
    await screen(guest, 'waiting')
    const host = await open[hostIn](`${server.url}/praxis#${codes[0]}`)
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
    assert.equal(
      problems.filter((text) => !text.includes('/v1/signal')),
      [],
      'nothing but attempts to reach the server that was killed',
    )
    await host.page.locator('#end').click()
    await host.page.locator('#ask-yes').click()
    await screen(guest, 'over')
  })
}

test.run()
