/** What was once wrong with the pages, in the hands of people: devices, screens, clicks, browsers as they really are. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { german } from '../../src/web/german.ts'
import { type Client, joinAt } from '../server-support.ts'
import {
  admit,
  CHROMIUM,
  click,
  DEADLINE,
  ENGINE,
  enter,
  FLAGS,
  hostOpens,
  LOOPBACK,
  launchBrowser,
  launchFirefox,
  more,
  openPractice,
  openWindow,
  patientWaits,
  testInChromium,
  type Window,
  waits,
} from './support.ts'
import { becomes, consultation as begin, picturesRun, sentTracks, soundIsSilent, soundRuns, until } from './watching.ts'

const here = await openPractice()
const { server, patients, practice } = here

const consultation = () => begin(here)

/** So many people wait, without a browser each. */
async function crowd(room: string, count: number, name = (index: number) => `Person ${index}`): Promise<() => void> {
  const all: Client[] = []
  for (let index = 0; index < count; ) {
    const { codes } = await server.mint({ room, roles: Array(Math.min(9, count - index)).fill('guest') })
    for (const code of codes) {
      all.push(await joinAt(server.url, code, name(index)))
      index += 1
    }
  }
  return () => {
    for (const one of all) one.drop()
  }
}

/** How far each of the visible controls lies outside of the window, in px. */
const outside = ({ page }: Window, selector: string) =>
  page.evaluate(
    (selector) =>
      [...document.querySelectorAll<HTMLElement>(selector)]
        .filter((control) => control.getClientRects().length > 0)
        .flatMap((control) => {
          const { top, left, bottom, right } = control.getBoundingClientRect()
          const out = Math.max(-top, -left, bottom - innerHeight, right - innerWidth)
          return out > 0 ? [`${control.id || control.textContent}: ${Math.round(out)}`] : []
        }),
    selector,
  )

const SIZES = [
  [390, 844],
  [768, 1024],
  [1366, 768],
  [1920, 1080],
  [3840, 2160],
] as const

test('whoever waits, and however many, picture and controls stay on the screen (R83)', async () => {
  const { guest, host, room } = await consultation()
  const stop = await crowd(room, 50, (index) => (index === 0 ? 'W'.repeat(60) : `Person ${index}`))
  await becomes(() => host.page.locator('#waiting-list li').count(), 50)
  for (const [width, height] of SIZES) {
    for (const window of [host, guest]) {
      await window.page.setViewportSize({ width, height })
      assert.equal(await outside(window, '.controls button, .stage'), [], `${width}x${height}`)
      const wide = await window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(wide <= 0, `${width}x${height}: ${wide} px too wide`)
      const stage = await window.page.locator('.stage').boundingBox()
      assert.ok((stage?.height ?? 0) > height / 5, `${width}x${height}: the picture is ${stage?.height} px high`)
    }
  }
  stop()
})

test('zoomed far in or on a small phone, on its side, too: picture, controls, menu and chat are on the screen (R83)', async () => {
  const { guest, host, room } = await consultation()
  const stop = await crowd(room, 3)
  const heightOf = async ({ page }: Window, selector: string) =>
    (await page.locator(selector).boundingBox())?.height ?? 0
  for (const [width, height] of [
    [1280, 400],
    [844, 390],
    [740, 340],
    [568, 320],
    [320, 568],
    [320, 256],
  ] as const) {
    for (const window of [host, guest]) {
      const { page } = window
      const where = `${await page.title()}, ${width}x${height}`
      await page.setViewportSize({ width, height })
      assert.equal(await outside(window, '.controls > button, #more summary, .stage'), [], where)
      assert.ok((await heightOf(window, '.stage')) > height / 4, `${where}: the picture is high enough`)
      await page.locator('#more summary').click()
      await page.waitForFunction(() => (document.querySelector('#more ul')?.getBoundingClientRect().top ?? -1) >= 0)
      assert.equal(await outside(window, '#more ul'), [], `${where}: the menu`)
      await page.locator('#hide-own').scrollIntoViewIfNeeded()
      assert.equal(await outside(window, '#hide-own'), [], `${where}: its last line`)
      await page.keyboard.press('Escape')
      await page.locator('#chat-open').click()
      assert.equal(await outside(window, '#chat, #chat-close, #chat-line, #chat-form button'), [], `${where}: the chat`)
      await page.locator('#chat-line').fill('Hallo')
      await page.keyboard.press('Enter')
      assert.ok((await heightOf(window, '#chat-lines')) > 48, `${where}: its lines`)
      await page.locator('#chat-close').click()
      assert.is(await page.evaluate(() => document.activeElement?.id), 'chat-open', where)
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, where)
    }
  }
  // What is below the picture can be scrolled to.
  await host.page.locator('#leave').scrollIntoViewIfNeeded()
  assert.equal(await outside(host, '#leave'), [])
  stop()
})

test('text of twice the size overprints nothing, and a group of nine has all its pictures on the screen', async () => {
  const { guest, host } = await consultation()
  for (const window of [guest, host]) {
    const { page } = window
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%'
    })
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height })
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${width}`)
      const overlaps = await page.evaluate(() => {
        const seen = [
          ...document.querySelectorAll<HTMLElement>(
            '.controls > *, .people button, .people p, .top > *, .lobby > button',
          ),
        ]
          .filter((element) => element.tagName !== 'LEGEND' && element.getClientRects().length > 0)
          .map((element) => ({ name: element.id || element.textContent, box: element.getBoundingClientRect() }))
        return seen.flatMap((one, index) =>
          seen.slice(index + 1).flatMap((other) => {
            const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
            const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top)
            return across > 2 && down > 2 ? [`${one.name} and ${other.name}`] : []
          }),
        )
      })
      assert.equal(overlaps, [], `${width}x${height}`)
    }
    await page.evaluate(() => {
      document.documentElement.style.fontSize = ''
      const tiles = document.querySelector<HTMLElement>('#tiles')
      const [first] = tiles?.children ?? []
      for (let count = 1; count < 8; count++) if (first) tiles?.append(first.cloneNode(true))
      if (tiles) tiles.dataset.count = '8'
    })
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height })
      assert.equal(await outside(window, '#tiles li, #tiles li p'), [], `${width}x${height}`)
    }
  }
})

test('two clicks on "Hereinbitten" let somebody in, and nothing else', async () => {
  const { codes } = await server.mint()
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const box = await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).boundingBox()
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2]
  await host.page.mouse.click(x, y)
  for (let again = 0; again < 5; again++) {
    await host.page.mouse.click(x, y)
    await host.page.waitForTimeout(60)
  }
  await picturesRun(guest)
  assert.equal(
    guest.frames.filter(({ type }) => type === 'held' || type === 'denied'),
    [],
  )
})

test('two clicks on the way in are one way in, wherever on the button, also where the answer takes a moment', async () => {
  const { codes } = await server.mint()
  for (const [browser, path] of [
    [patients, `/#${codes[1]}`],
    [practice, `/praxis#${codes[0]}`],
  ] as const) {
    const { page } = await openWindow(browser, `${server.url}/healthz`)
    await page.routeWebSocket('**/v1/signal', (socket) => {
      const to = socket.connectToServer()
      socket.onMessage((message) => void setTimeout(() => to.send(message), 400))
    })
    await page.goto(server.url + path)
    await page.locator('#name').fill('Anna')
    for (const place of [0.05, 0.95]) {
      const box = await page.locator('#enter').boundingBox()
      const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) * place, (box?.y ?? 0) + (box?.height ?? 0) / 2]
      await page.mouse.click(x, y)
      await page.locator('#cancel').waitFor()
      await page.mouse.click(x, y)
      await page.locator('#waiting, #room').first().waitFor()
      if (place < 0.5) {
        await page.locator('#leave').click()
        await page.locator('#ask-yes').click()
        await page.locator('#again').click()
      }
    }
  }
})

/** What a page shows of the one other's devices. */
const theirs = ({ page }: Window, text: string) => page.locator('#tiles').getByText(text).waitFor()
/** A device of this page goes, as if it were pulled out. */
const pull = ({ page }: Window, kind: string) =>
  page.evaluate((kind) => {
    const video = document.querySelector<HTMLVideoElement>('#call video[data-own]')
    const sent = (window as unknown as { connections: RTCPeerConnection[] }).connections.at(-1)?.getSenders() ?? []
    const track = sent.find(({ track }) => track?.kind === kind)?.track
    track?.stop()
    track?.dispatchEvent(new Event('ended'))
    return video !== null
  }, kind)

for (const who of ['guest', 'host'] as const) {
  test(`each device of the ${who} goes and comes back by itself, and the other side is told (R81)`, async () => {
    const call = await consultation()
    const [me, other] = who === 'guest' ? [call.guest, call.host] : [call.host, call.guest]
    await pull(me, 'video')
    await me.page.locator('#call [data-camera=trouble]').getByText(german.camera.video.gone).waitFor()
    await theirs(other, 'Kamera aus')
    await soundRuns(other)
    // It is plugged in again.
    await me.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')))
    await picturesRun(other)
    await soundRuns(other)
    await until(
      () => other.page.locator('#tiles').textContent(),
      (text) => !text?.includes('Kamera aus'),
    )
    const tracks = await other.page.evaluate(() => {
      const stream = document.querySelector<HTMLVideoElement>('#tiles video')?.srcObject as MediaStream | null
      return stream
        ?.getTracks()
        .map(({ kind }) => kind)
        .sort()
    })
    assert.equal(tracks, ['audio', 'video'], 'the same picture, and no second one beside it')
    await pull(me, 'audio')
    await me.page.locator('#call [data-camera=trouble]').getByText(german.camera.audio.gone).waitFor()
    await theirs(other, 'Mikrofon aus')
    await picturesRun(other)
    await me.page.getByRole('button', { name: german.muteOff }).click()
    await until(
      () => other.page.locator('#tiles').textContent(),
      (text) => !text?.includes('Mikrofon aus'),
    )
    await picturesRun(other)
    await soundRuns(other)
  })
}

test('camera off is let go of: the light goes out, and the other side sees that it is off (R81)', async () => {
  const { guest, host } = await consultation()
  const states = () =>
    guest.page.evaluate(() =>
      (window as unknown as { taken: MediaStreamTrack[] }).taken
        .filter(({ kind }) => kind === 'video')
        .map(({ readyState }) => readyState),
    )
  await guest.page.evaluate(() => {
    const sent = (window as unknown as { connections: RTCPeerConnection[] }).connections.at(-1)?.getSenders() ?? []
    Object.assign(window, { taken: sent.flatMap(({ track }) => track ?? []) })
  })
  assert.equal(await states(), ['live'])
  await guest.page.getByRole('button', { name: german.cameraOn }).click()
  assert.equal(await states(), ['ended'])
  await theirs(host, 'Kamera aus')
  await soundRuns(host)
  await guest.page.getByRole('button', { name: german.muteOn }).click()
  await theirs(host, 'Kamera und Mikrofon aus')
  await soundIsSilent(host)
  await guest.page.getByRole('button', { name: german.cameraOff }).click()
  await theirs(host, 'Mikrofon aus')
  await picturesRun(host)
  await guest.page.getByRole('button', { name: german.muteOff }).click()
  await soundRuns(host)
})

test('who is silent or unseen stays so: with another microphone that is plugged in, and after a reload; a goodbye forgets it', async () => {
  const { guest, host } = await consultation()
  const { page } = guest
  const sent = async () => {
    const live = (await sentTracks(guest)).filter(({ isLive }) => isLive)
    return live.map(({ kind, enabled }) => `${kind} ${enabled}`)
  }
  await page.getByRole('button', { name: german.muteOn }).click()
  await pull(guest, 'audio')
  await becomes(sent, ['video true'])
  await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')))
  await until(sent, (all) => all.length === 2)
  assert.equal((await sent()).sort(), ['audio false', 'video true'])
  await page.getByRole('button', { name: german.cameraOn }).click()
  await page.reload()
  await picturesRun(guest)
  await theirs(host, 'Kamera und Mikrofon aus')
  await becomes(sent, ['audio false'])
  await page.getByRole('button', { name: german.muteOff }).click()
  await soundRuns(host)
  await click(guest, 'hang-up')
  await page.locator('#over').waitFor()
  assert.is(await page.evaluate(() => sessionStorage.getItem('wartezimmer.off')), null)
})

test('a camera that another program uses is called that, and not missing', async () => {
  const { codes } = await server.mint()
  const init = () => {
    const ask = MediaDevices.prototype.getUserMedia
    MediaDevices.prototype.getUserMedia = async function (wish) {
      if (wish?.video) throw new DOMException('in use', 'NotReadableError')
      return ask.call(this, wish)
    }
  }
  const guest = await openWindow(patients, `${server.url}/#${codes[1]}`, { init })
  await enter(guest)
  await guest.page.locator('#waiting').getByText(german.camera.video.busy).waitFor()
})

// Firefox's driver blocks both or none.
testInChromium(
  'who has blocked the camera only is heard, and told so; who says no to both is not asked again',
  async () => {
    const { codes, room } = await server.mint()
    const init = () => {
      const asked: string[] = []
      Object.assign(window, { asked })
      const ask = MediaDevices.prototype.getUserMedia
      MediaDevices.prototype.getUserMedia = async function (wish) {
        asked.push(Object.keys(wish ?? {}).join(' '))
        return ask.call(this, wish)
      }
    }
    const asked = ({ page }: Window) => page.evaluate(() => (window as unknown as { asked: string[] }).asked)
    // Without the switch that grants all.
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...LOOPBACK] })
    try {
      const guest = await openWindow(browser, `${server.url}/healthz`, { init })
      await guest.page.context().grantPermissions(['microphone'], { origin: server.url })
      await guest.page.goto(`${server.url}/#${codes[1]}`)
      await enter(guest)
      await guest.page.locator('#waiting').getByText(german.camera.video.refused).waitFor()
      const host = await hostOpens(practice, server, codes[0] ?? '')
      await admit(host, 'Anna')
      await theirs(host, 'Kamera aus')
      await soundRuns(host)
    } finally {
      await browser.close()
    }
    const refusing = await launchBrowser('refused')
    try {
      const { codes: other } = await server.mint({ roles: ['guest'], room })
      const guest = await openWindow(refusing, `${server.url}/#${other[0]}`, { init })
      await enter(guest, 'Bert')
      await guest.page.locator('#waiting').getByText(german.camera.both.refused).waitFor()
      assert.equal(await asked(guest), ['audio video'])
    } finally {
      await refusing.close()
    }
  },
)

/** Windows of a browser that blocks cookies. */
async function withoutCookies(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  if (ENGINE === 'firefox') {
    const browser = await launchFirefox('granted', { 'network.cookie.cookieBehavior': 2 })
    return { context: await browser.newContext({ locale: 'de-DE' }), close: () => browser.close() }
  }
  const profile = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
  mkdirSync(join(profile, 'Default'))
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(blocked))
  const args = [...FLAGS, '--use-fake-ui-for-media-stream', ...LOOPBACK]
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args, locale: 'de-DE' })
  const close = async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return { context, close }
}

test('cookies blocked: both pages work, only a reload begins anew', async () => {
  const { context, close } = await withoutCookies()
  context.setDefaultTimeout(DEADLINE)
  try {
    const { codes } = await server.mint()
    const [guest, host] = [await context.newPage(), await context.newPage()]
    const problems: string[] = []
    for (const page of [guest, host]) page.on('pageerror', (error) => problems.push(String(error)))
    await guest.goto(`${server.url}/#${codes[1]}`)
    const thrown = await guest.evaluate(() => {
      try {
        return String(sessionStorage.length)
      } catch (error) {
        return (error as Error).name
      }
    })
    assert.is(thrown, 'SecurityError', 'they are blocked')
    await enter({ page: guest })
    await waits({ page: guest })
    await host.goto(`${server.url}/praxis#${codes[0]}`)
    await host.getByRole('button', { name: 'Sprechzimmer öffnen' }).click()
    await host.getByRole('button', { name: 'Hereinbitten: Anna' }).click()
    await guest.locator('#call').waitFor()
    assert.equal(problems, [])
    await guest.reload()
    await guest.getByRole('heading', { name: german.html.welcome }).waitFor()
  } finally {
    await close()
  }
})

/** A window of a browser in which nobody can talk. */
async function withoutWebRtc(browser: Browser): Promise<{ page: Page; close(): Promise<void> }> {
  const own =
    ENGINE === 'firefox' ? await launchFirefox('granted', { 'media.peerconnection.enabled': false }) : undefined
  const context = await (own ?? browser).newContext({ locale: 'de-DE' })
  const page = await context.newPage()
  if (!own)
    await page.addInitScript(() => {
      Reflect.deleteProperty(window, 'RTCPeerConnection')
    })
  return { page, close: () => (own ?? context).close() }
}

test('a browser without WebRTC says so before anybody waits for nothing', async () => {
  const { codes } = await server.mint()
  const { page, close } = await withoutWebRtc(patients)
  try {
    for (const path of [`/#${codes[1]}`, `/praxis#${codes[0]}`]) {
      await page.goto(server.url + path)
      await page.getByText(german.noWebRtc).waitFor()
      assert.is(await page.locator('#enter').isDisabled(), true)
    }
  } finally {
    await close()
  }
})

test('a practice whose clock is twenty minutes off sees how long somebody really waits', async () => {
  const { codes } = await server.mint()
  await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const init = () => {
    const now = Date.now
    Date.now = () => now() + 20 * 60_000
  }
  const host = await hostOpens(practice, server, codes[0] ?? '', server.url, { init })
  await host.page.getByText(german.waitsSince(0)).waitFor()
})

test('after a goodbye and a reload the code need not be typed again, and another link is taken; who cancels has not been in, and says no goodbye', async () => {
  const { codes } = await server.mint()
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await guest.page.reload()
  await waits(guest)
  await click(guest, 'leave')
  await guest.page.getByRole('button', { name: 'Noch einmal einwählen' }).click()
  await guest.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await waits(guest)
  await click(guest, 'leave')
  // The next links, opened in the same tab: only the fragment differs, so that nothing is loaded.
  const { codes: links, minted } = await server.mint({ roles: ['guest', 'guest'] })
  await server.call('DELETE', `/v1/codes/${minted[0]?.id}`)
  const follow = async (code = '') => {
    await guest.page.evaluate((code) => location.assign(`#${code}`), code)
    await becomes(() => guest.page.locator('#code').inputValue(), code)
  }
  await guest.page.getByRole('button', { name: 'Noch einmal einwählen' }).waitFor()
  await follow(links[0])
  await guest.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await guest.page.locator('#problem').waitFor()
  await follow(links[1])
  await guest.page.locator('#problem').waitFor({ state: 'hidden' })
  await guest.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await waits(guest)
  await click(guest, 'leave')
  await server.end('SIGKILL')
  await guest.page.getByRole('button', { name: 'Noch einmal einwählen' }).click()
  await guest.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await guest.page.getByRole('button', { name: 'Abbrechen' }).click()
  await guest.page.getByRole('heading', { name: german.html.welcome }).waitFor()
  assert.is(await guest.page.locator('#enter').isEnabled(), true)
  await server.start()
})

test('addresses as people write them lead somewhere, and what is not there is a page that helps', async () => {
  const { codes } = await server.mint()
  const host = await openWindow(practice, `${server.url}/praxis/#${codes[0]}`)
  await becomes(() => host.page.locator('#code').inputValue(), codes[0])
  const lost = await openWindow(patients, `${server.url}/sprechstunde`)
  await lost.page.getByRole('heading', { name: 'Diese Seite gibt es nicht' }).waitFor()
  await lost.page.getByRole('link', { name: 'Zur Startseite: mit einem Code einwählen' }).click()
  await lost.page.getByRole('heading', { name: german.html.welcome }).waitFor()
  const problem = await fetch(`${server.url}/sprechstunde`)
  assert.equal([problem.status, problem.headers.get('content-type')], [404, 'application/problem+json; charset=utf-8'])
})

// Firefox makes up one microphone only, and without a loudspeaker its AudioContext, which measures the level, stands still.
testInChromium(
  'another microphone and another loudspeaker, chosen in the call; a level that moves; who was silent stays so',
  async () => {
    const { guest, host } = await consultation()
    const { page } = guest
    await more(guest, german.html.devicesShort)
    await page.getByText(german.heard).waitFor()
    const options = await page
      .locator('#choose-microphone option')
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))
    assert.ok(options.length > 1, 'the browser makes up several')
    const used = async () => {
      const track = (await sentTracks(guest)).find(({ kind }) => kind === 'audio')
      return [track?.device, track?.enabled]
    }
    const [first] = await used()
    const other = options.find((id) => id !== first) ?? ''
    await page.locator('#choose-microphone').selectOption(other)
    await until(used, ([id, on]) => id === other && on === true)
    await soundRuns(host)
    const speakers = await page
      .locator('#choose-speaker option')
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))
    await page.locator('#choose-speaker').selectOption(speakers.at(-1) ?? '')
    await becomes(
      () => page.evaluate(() => document.querySelector<HTMLVideoElement & { sinkId: string }>('#tiles video')?.sinkId),
      speakers.at(-1),
    )
    await page.getByRole('button', { name: 'Fertig' }).click()
    await page.getByRole('button', { name: german.muteOn }).click()
    await more(guest, german.html.devicesShort)
    await page.locator('#choose-microphone').selectOption(first as string)
    await until(used, ([id, on]) => id === first && on === false)
    await page.getByRole('button', { name: 'Fertig' }).click()
    await picturesRun(host)
  },
)

test('the dialog of devices, closed while it looks for them, leaves no microphone running', async () => {
  const { codes } = await server.mint()
  const { page } = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await page.locator('#waiting').getByText(german.camera.on).waitFor()
  const copies = await page.evaluate(async () => {
    const made: MediaStreamTrack[] = []
    const clone = MediaStreamTrack.prototype.clone
    MediaStreamTrack.prototype.clone = function () {
      made.push(clone.call(this))
      return made.at(-1) as MediaStreamTrack
    }
    const dialog = document.querySelector<HTMLDialogElement>('#devices')
    const open = () => document.querySelector<HTMLElement>('#waiting [data-devices]')?.click()
    const look = () => new Promise((resolve) => setTimeout(resolve, 500))
    open()
    dialog?.close()
    await look()
    const closed = made.length
    open()
    await look()
    dialog?.close()
    await look()
    return [closed, made.map(({ readyState }) => readyState)]
  })
  assert.equal(copies, [0, ['ended']])
})

// What the server writes into the page.
testInChromium(
  "the practice's name and what the law wants stand on both pages before a name is typed; what is missing is said",
  async () => {
    const own = await spawnServer({
      env: {
        WZ_PRACTICE_NAME: 'Praxis Müller & Söhne <Psychotherapie>',
        WZ_IMPRINT_URL: 'https://praxis.example/impressum?a=1&b="2"',
        WZ_PRIVACY_URL: 'https://praxis.example/datenschutz#video',
      },
    })
    try {
      for (const path of ['/', '/praxis']) {
        const { page } = await openWindow(patients, own.url + path)
        await page.getByText('Praxis Müller & Söhne <Psychotherapie>').waitFor()
        const links = await page
          .locator('.legal a')
          .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href))
        assert.equal(links, [
          'https://praxis.example/impressum?a=1&b=%222%22',
          'https://praxis.example/datenschutz#video',
          `${own.url}/docs/barrierefreiheit`,
        ])
        assert.is(await page.getByText(german.html.legalMissing).count(), 0)
        await page.getByRole('button', { name: 'Switch to English' }).click()
        await page.getByRole('link', { name: 'Privacy' }).waitFor()
      }
      const bare = await openWindow(practice, `${server.url}/praxis`)
      await bare.page.getByText(german.html.legalMissing).waitFor()
      assert.equal(await bare.page.locator('.legal a').allTextContents(), ['Barrierefreiheit'])
    } finally {
      await own.stop()
    }
  },
)

test.run()
