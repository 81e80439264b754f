/** What the browser tests stand on: the real server as a process, real browsers, and people who use them. */
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, firefox, type Page } from 'playwright-core'
import { test } from 'uvu'
import { spawnServer } from '../../scripts/support/server.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** In which browser the tests run that can run in both. */
export const ENGINE = process.env.ENGINE === 'firefox' ? 'firefox' : 'chromium'

/** A test that is not run in Firefox; why stands before it. */
export const testInChromium = (name: string, body: () => Promise<void>) => {
  if (ENGINE === 'chromium') test(name, body)
}

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

/** The same for Firefox: devices that are made up, sound without a click, addresses of loopback. */
const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.autoplay.default': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
}

/**
 * Firefox as Debian has it.
 * @param preferences of about:config
 */
export function launchFirefox(
  camera: 'granted' | 'refused' = 'granted',
  preferences: Record<string, string | number | boolean> = {},
): Promise<Browser> {
  // Allowed for good: otherwise the addresses are asked of the default route, and loopback alone has none.
  const permission = camera === 'granted' ? 1 : 2
  return firefox.launch({
    channel: 'moz-firefox',
    executablePath: fileURLToPath(new URL('firefox.ts', import.meta.url)),
    firefoxUserPrefs: {
      ...PREFERENCES,
      'permissions.default.camera': permission,
      'permissions.default.microphone': permission,
      ...preferences,
    },
  })
}

/**
 * One real browser process.
 * @param camera what happens when a page asks for camera and microphone
 * @param options another executable that starts Chromium, its flags for where it is
 */
export function launchBrowser(
  camera: 'granted' | 'refused' = 'granted',
  { executablePath = CHROMIUM, args = LOOPBACK }: { executablePath?: string; args?: string[] } = {},
): Promise<Browser> {
  if (ENGINE === 'firefox') return launchFirefox(camera)
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
  const ask = globalThis.MediaDevices?.prototype.getUserMedia
  // Not in the empty page that a window begins with.
  if (ask) MediaDevices.prototype.getUserMedia = function (wish) {
    return ask.call(this, { ...wish, video: wish.video && { width: 320, height: 240, frameRate: 10 } })
  }
`

/**
 * Firefox's driver does not see what goes over WebSockets, so the page tells it. What only a script says of a track, as that
 * it has ended, is heard only by who asks for that. And without a display there is no screen to show: one that is drawn
 * takes its place.
 */
const IN_FIREFOX = `
  const listen = MediaStreamTrack.prototype.addEventListener
  MediaStreamTrack.prototype.addEventListener = function (type, heard, options) {
    listen.call(this, type, heard, options, true)
  }
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given)
      told(this.url)
      this.addEventListener('message', ({ data }) => told(this.url, data))
    }
  }
  if (navigator.mediaDevices) navigator.mediaDevices.getDisplayMedia = async () => {
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

/** `init` runs in every page before its own scripts. */
type WindowOptions = BrowserContextOptions & { init?: Parameters<Page['addInitScript']>[0] }

/** Opens an address in a context of its own: no two windows share storage. German unless said otherwise. */
export async function openWindow(
  browser: Browser,
  url: string,
  { init, ...options }: WindowOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ locale: 'de-DE', viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(DEADLINE)
  await context.addInitScript(INIT)
  const page = await context.newPage()
  const window: Window = { page, frames: [], requests: [], problems: [] }
  if (browser.browserType().name() === 'firefox') {
    await page.exposeFunction('told', (url: string, payload?: string) => {
      if (payload === undefined) window.requests.push(url)
      else window.frames.push(JSON.parse(payload))
    })
    await page.addInitScript(IN_FIREFOX)
  }
  if (init) await page.addInitScript(init)
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

/** Gives a name on the page for patients, and wants to come in. */
export async function enter({ page }: Pick<Window, 'page'>, name = 'Anna'): Promise<void> {
  await page.getByLabel('Ihr Name').fill(name)
  await page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
}

/** Is, or will soon be, in the waiting room. */
export const waits = ({ page }: Pick<Window, 'page'>) =>
  page.getByRole('heading', { name: 'Sie sind im Wartezimmer' }).waitFor()

/** A patient follows the link, gives a name and is in the waiting room. */
export async function patientWaits(browser: Browser, server: Site, code: string, name: string, base = server.url) {
  const window = await openWindow(browser, `${base}/#${code}`)
  await enter(window, name)
  await waits(window)
  return window
}

/** A practice follows its link and opens the consulting room. */
export async function hostOpens(
  browser: Browser,
  server: Site,
  code: string,
  base = server.url,
  options: WindowOptions = {},
) {
  const window = await openWindow(browser, `${base}/praxis#${code}`, options)
  await window.page.getByRole('button', { name: 'Sprechzimmer öffnen' }).click()
  await window.page.getByRole('heading', { name: 'Wartezimmer', exact: false }).waitFor()
  return window
}

/** Lets somebody in; to those who are in already, after the question whether that is meant. */
export async function admit({ page }: Window, name: string): Promise<void> {
  // A row that has just moved takes no click for a moment.
  const row = page.locator('#waiting-list li:not([aria-disabled=true])')
  await row.getByRole('button', { name: `Hereinbitten: ${name}` }).click()
  // The question comes with the click, or not at all.
  const yes = page.locator('#ask-yes')
  if (await yes.isVisible()) await yes.click()
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
