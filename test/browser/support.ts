/** What the browser tests stand on: the real server as a process, real Chromium, and people who use them. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { test } from 'uvu'
import { spawnServer } from '../../scripts/support/server.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** How long anything may take that should come soon; only a broken test ever waits that long. */
export const DEADLINE = 20_000

export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Who gave no camera has its addresses hidden behind multicast names, which loopback does not carry.
  // The others ask the browser's maker about the forms and addresses of pages.
  '--disable-features=WebRtcHideLocalIpsWithMdns,AutofillServerCommunication,OptimizationHints',
]

/** In a namespace with loopback only there is nothing else to gather candidates from. */
export const LOOPBACK = ['--allow-loopback-in-peer-connection']

/**
 * One real browser process.
 * @param camera what happens when a page asks for camera and microphone
 * @param options another executable that starts it, its flags for where it is
 */
export function launchBrowser(
  camera: 'granted' | 'refused' = 'granted',
  { executablePath = CHROMIUM, args = LOOPBACK }: { executablePath?: string; args?: string[] } = {},
): Promise<Browser> {
  const permission = camera === 'granted' ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']
  return chromium.launch({ executablePath, args: [...FLAGS, ...permission, ...args] })
}

export async function closeWindows(...browsers: Browser[]): Promise<void> {
  for (const browser of browsers) for (const context of browser.contexts()) await context.close()
}

/**
 * A server, a browser for patients and one for the practice. Windows are closed after each test, so that the
 * next one has the machine for itself; all else is closed after the last test of the file.
 */
export async function openPractice() {
  const [server, patients, practice] = await Promise.all([spawnServer(), launchBrowser(), launchBrowser()])
  const browsers = [patients, practice]
  test.after.each(() => closeWindows(...browsers))
  test.after(async () => {
    await Promise.all(browsers.map((browser) => browser.close()))
    await server.stop()
  })
  return { server, patients, practice }
}

/** One person's window: its page, and every frame and request that went over its wire. */
export type Window = { page: Page; frames: ServerFrame[]; requests: string[]; problems: string[] }

/**
 * Runs in every page before its own scripts: remembers the peer connections for `media`, and keeps
 * the pictures small, because several browsers share this machine.
 */
export const INIT = `
  globalThis.__name = (named) => named
  globalThis.connections = []
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(config) {
      super(config)
      connections.push(this)
    }
  }
  const ask = MediaDevices.prototype.getUserMedia
  MediaDevices.prototype.getUserMedia = function (wish) {
    return ask.call(this, { ...wish, video: wish.video && { width: 320, height: 240, frameRate: 10 } })
  }
`

/** Opens an address in a context of its own: no two windows share storage. German unless said otherwise. */
export async function openWindow(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({ locale: 'de-DE', viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(DEADLINE)
  await context.addInitScript(INIT)
  const page = await context.newPage()
  const window: Window = { page, frames: [], requests: [], problems: [] }
  page.on('request', (request) => window.requests.push(request.url()))
  page.on('pageerror', (error) => window.problems.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && window.problems.push(message.text()))
  page.on('websocket', (socket) => {
    window.requests.push(socket.url())
    socket.on('framereceived', ({ payload }) => window.frames.push(JSON.parse(String(payload))))
  })
  await page.goto(url)
  return window
}

/** Where a server's pages are. */
type Site = { url: string }

/** A patient follows the link, gives a name and is in the waiting room. */
export async function patientWaits(browser: Browser, server: Site, code: string, name: string, base = server.url) {
  const window = await openWindow(browser, `${base}/#${code}`)
  await window.page.getByLabel('Ihr Name').fill(name)
  await window.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await window.page.getByRole('heading', { name: 'Sie sind im Wartezimmer' }).waitFor()
  return window
}

/** A practice follows its link and opens the consulting room. */
export async function hostOpens(browser: Browser, server: Site, code: string, base = server.url) {
  const window = await openWindow(browser, `${base}/praxis#${code}`)
  await window.page.getByRole('button', { name: 'Sprechzimmer öffnen' }).click()
  await window.page.getByRole('heading', { name: 'Wartezimmer', exact: false }).waitFor()
  return window
}

/** Lets somebody in; to those who are in already, after the question whether that is meant. */
export async function admit({ page }: Window, name: string): Promise<void> {
  // A row that has just moved takes no click for a moment.
  const row = page.locator('#waiting-list li:not([aria-disabled=true])')
  await row.getByRole('button', { name: `Hereinbitten: ${name}` }).click()
  const asks = page.locator('#ask-yes').waitFor({ timeout: 400 })
  await asks.then(
    () => page.locator('#ask-yes').click(),
    () => {},
  )
}

/** Chooses something from the menu below the picture. */
export async function more({ page }: Pick<Window, 'page'>, name: string): Promise<void> {
  await page.locator('#more summary').click()
  await page.locator('#more').getByRole('button', { name, exact: true }).click()
}

/** Clicks on something that asks first, and says yes. */
export async function click({ page }: Pick<Window, 'page'>, id: 'end' | 'hang-up' | 'leave'): Promise<void> {
  await page.locator(`#${id}`).click()
  await page.locator('#ask-yes').click()
}

/** What a page is told when its tab goes to the background, or comes back. */
export const setHidden = ({ page }: Window, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
