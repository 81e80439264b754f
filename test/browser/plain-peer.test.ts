/**
 * A client that knows no more than the W3C's example of perfect negotiation, as the protocol page shows it, in a call
 * with the reference pages: in both roles, through ICE restarts and reloads, and when it does what it should not.
 */
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { block } from './documents.ts'
import { admit, enter, hostOpens, openPractice, openWindow, type Window } from './support.ts'
import { becomes, ice, picturesRun, until } from './watching.ts'

const { server, patients, practice } = await openPractice()
const program = block('protocol', 'js', '## What clients say to each other').replace(
  'wss://video.praxis.example',
  server.url.replace('http', 'ws'),
)
assert.ok(program.includes(server.url.replace('http', 'ws')))

/** Runs it in a page that has nothing else; the page's own policy does not concern what is evaluated. */
const run = (page: Page, code: string, name: string) =>
  page.evaluate(`(async () => {
    const [code, name] = ${JSON.stringify([code, name])}
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
    const video = document.body.appendChild(document.createElement('video'))
    video.autoplay = true
    Object.assign(globalThis, { video })
    ${program}
    Object.assign(globalThis, { socket, send, peers })
  })()`)

async function plain(browser: typeof patients, code: string, name: string): Promise<Window> {
  const window = await openWindow(browser, `${server.url}/healthz`)
  await run(window.page, code, name)
  return window
}

/** Pictures run on both sides, and the plain page's element shows the other's, too. */
async function talk(plainOne: Window, ours: Window) {
  await picturesRun(plainOne)
  await picturesRun(ours)
  const frames = () =>
    plainOne.page.evaluate(() => {
      const { video } = window as unknown as { video: HTMLVideoElement }
      return video.getVideoPlaybackQuality().totalVideoFrames
    })
  const before = await frames()
  await until(frames, (now) => now > before)
}

async function plainGuest() {
  const { codes } = await server.mint()
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const guest = await plain(patients, codes[1] ?? '', 'Anna')
  return { host, guest, codes }
}

async function plainHost() {
  const { codes } = await server.mint()
  const host = await plain(practice, codes[0] ?? '', 'Praxis')
  const guest = await openWindow(patients, `${server.url}/#${codes[1]}`)
  await enter(guest)
  return { host, guest, codes }
}

/** What the pages complain of, but for the icon that the plain one's address does not have. */
const problems = (...windows: Window[]) =>
  windows.flatMap((window) => window.problems).filter((problem) => !problem.includes('404'))

/** Restarts ICE from one side; both have new credentials and pictures afterwards. */
async function restart(one: Window, other: Window) {
  const before = [await ice(one), await ice(other)]
  await one.page.evaluate(() =>
    (window as unknown as { connections: RTCPeerConnection[] }).connections.at(-1)?.restartIce(),
  )
  for (const [index, window] of [one, other].entries()) {
    const after = await until(
      () => ice(window),
      ({ ufrag }) => ufrag !== before[index]?.ufrag,
    )
    assert.is(after.made, before[index]?.made, 'the connection is the same')
  }
}

test('a plain guest and our practice talk, through an ICE restart from either side and a practice that reloads', async () => {
  const { host, guest } = await plainGuest()
  await admit(host, 'Anna')
  await talk(guest, host)
  await restart(guest, host)
  await talk(guest, host)
  await restart(host, guest)
  await talk(guest, host)
  await host.page.reload()
  await host.page.getByRole('button', { name: 'Zurück ins Wartezimmer: Anna' }).waitFor()
  await talk(guest, host)
  assert.equal(problems(host, guest), [])
})

test('our patient and a plain practice talk, through an ICE restart from either side and a practice that reloads', async () => {
  const { host, guest, codes } = await plainHost()
  await talk(host, guest)
  await restart(host, guest)
  await restart(guest, host)
  await talk(host, guest)
  await host.page.reload()
  await becomes(() => guest.frames.at(-1)?.type, 'peer-away')
  await run(host.page, codes[0] ?? '', 'Praxis')
  await talk(host, guest)
  assert.equal(problems(host, guest), [])
})

test('offers of both sides at once, again and again, end in agreement', async () => {
  const { host, guest } = await plainGuest()
  await admit(host, 'Anna')
  await talk(guest, host)
  const state = ({ page }: Window) =>
    page.evaluate(() => {
      const pc = (window as unknown as { connections: RTCPeerConnection[] }).connections.at(-1)
      const agreed = pc?.getTransceivers().every(({ currentDirection }) => currentDirection !== null)
      return [pc?.signalingState, agreed, pc?.getTransceivers().length].join()
    })
  for (let times = 1; times <= 3; times++) {
    await Promise.all(
      [host, guest].map(({ page }) =>
        page.evaluate(() => {
          const { connections } = window as unknown as { connections: RTCPeerConnection[] }
          connections.at(-1)?.addTransceiver('audio', { direction: 'sendrecv' })
        }),
      ),
    )
    for (const window of [host, guest]) {
      await becomes(() => state(window), `stable,true,${2 + 2 * times}`)
    }
  }
  for (const window of [host, guest]) await picturesRun(window)
  assert.equal(problems(host, guest), [])
})

test('our patient who reloads is back in a call with a plain practice', async () => {
  const { host, guest } = await plainHost()
  await talk(host, guest)
  await guest.page.reload()
  await talk(host, guest)
})

test('candidates that come before their description, and the end of them in both spellings, cost nothing', async () => {
  const { host, guest } = await plainGuest()
  await guest.page.evaluate(() => {
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (text) {
      const late = String(text).includes('"description"')
      if (late) setTimeout(() => send.call(this, text), 500)
      else send.call(this, text)
      const end = { candidate: '', sdpMid: '0', sdpMLineIndex: 0 }
      if (String(text).includes('"candidate":null')) send.call(this, String(text).replace('null', JSON.stringify(end)))
    }
  })
  await admit(host, 'Anna')
  await talk(guest, host)
})

type Said = { send: (message: object) => void; peers: Map<string, unknown> }

/** Says something to the other page in the name of the plain one. */
const say = ({ page }: Window, data: unknown) =>
  page.evaluate((data) => {
    const { send, peers } = window as unknown as Said
    for (const to of peers.keys()) send({ type: 'signal', to, data })
  }, data)

test('what is not understood or refused is on the console without being quoted, and the call goes on', async () => {
  const { host, guest } = await plainGuest()
  const warnings: string[] = []
  host.page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
  await admit(host, 'Anna')
  await talk(guest, host)
  const before = await ice(host)
  const secret = '192.0.2.77'
  const candidate = `candidate:1 1 udp 2113937151 ${secret} 5000 typ nonsense`
  for (const data of [
    { offer: secret },
    secret,
    { description: { type: 'offer', sdp: `v=0\r\nc=IN IP4 ${secret}\r\n` } },
    { candidate: { candidate, sdpMid: '7', sdpMLineIndex: 7 } },
  ]) {
    await say(guest, data)
  }
  await until(
    () => warnings.length,
    (count) => count >= 4,
  )
  const kinds = warnings.map((text) => /not_understood|description_refused|candidate_refused/.exec(text)?.[0])
  assert.equal(kinds, ['not_understood', 'not_understood', 'description_refused', 'candidate_refused'])
  assert.not.match(warnings.join(), secret)
  await talk(guest, host)
  assert.equal(await ice(host), before)
})

test('a peer that begins calls without end costs one connection in some seconds, and is answered in the end', async () => {
  const { host, guest } = await plainGuest()
  await admit(host, 'Anna')
  await talk(guest, host)
  const before = await ice(host)
  const began = Date.now()
  await guest.page.evaluate(async () => {
    const { connections, send, peers } = window as unknown as Said & { connections: RTCPeerConnection[] }
    const [to = ''] = peers.keys()
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
    for (const pc of connections) pc.close()
    peers.set(to, () => {})
    for (let times = 0; times < 30; times++) {
      const pc = new RTCPeerConnection()
      for (const track of stream.getTracks()) pc.addTrack(track, stream)
      await pc.setLocalDescription()
      const wz = { v: 1, offer: String(times) }
      send({ type: 'signal', to, data: { description: pc.localDescription, wz } })
      pc.onicecandidate = ({ candidate }) => send({ type: 'signal', to, data: { candidate } })
      peers.set(to, async (data: { description?: RTCSessionDescription; wz?: typeof wz; candidate: never }) => {
        const { description, candidate } = data
        if (description?.type === 'answer' && data.wz?.offer === wz.offer) await pc.setRemoteDescription(description)
        else if (!description && pc.remoteDescription) await pc.addIceCandidate(candidate).catch(() => {})
      })
      if (times < 29) pc.close()
    }
  })
  await picturesRun(host)
  const { made } = await ice(host)
  const seconds = (Date.now() - began) / 1000
  assert.ok(made - before.made <= 2 + seconds / 3, `${made - before.made} in ${seconds} s`)
  assert.ok(made - before.made < 15)
})

test('what the README shows of a signal is what the pages send', async () => {
  const { host, guest } = await plainGuest()
  await admit(host, 'Anna')
  await talk(guest, host)
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value
  const dataOf = (frame: { data?: unknown }) => JSON.stringify(shape(frame.data))
  const lines = block('README', '', 'A frontend of your own needs').split('\n')
  const shown = lines.flatMap((line) => (line.includes('"signal"') ? [dataOf(JSON.parse(line.slice(3)))] : []))
  const heard = new Set(guest.frames.flatMap((frame) => (frame.type === 'signal' ? [dataOf(frame)] : [])))
  assert.is(shown.length, 3)
  for (const one of heard) assert.ok(shown.includes(one), one)
  assert.is(heard.size, new Set(shown).size)
})

test.run()
