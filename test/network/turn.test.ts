/**
 * TURN, with a real coturn and the configuration that src/docs/turn.md gives: two people in two networks
 * whose packets reach each other or not. Runs as root in a network namespace with nothing but loopback.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { type IceSettings, iceFor } from '../../src/signaling/ice.ts'
import type { Window } from '../browser/support.ts'
import { media, picturesRun, triedAgain } from '../browser/watching.ts'
import { HERE, openCallers } from './callers.ts'
import { gathered, relayed, startCoturn, TLS, UDP } from './coturn.ts'
import { PEOPLE } from './internet.ts'

const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'
const WRONG = 'kQ8w2pZr4u7xLm3vBn9cTg5yHs6jEaFd'

const callers = await openCallers()
const { internet, wallIn } = callers
const coturn = await startCoturn(internet.folder, SECRET)
let stop: () => Promise<unknown> = async () => {}

test.after.each(async () => {
  await callers.leave()
  await stop()
  internet.mend()
})
test.after(async () => {
  await callers.close()
  await coturn.stop()
})

/** A guest has been admitted, with a server of these settings. */
async function consultation(env: Record<string, string>): Promise<Window[]> {
  const server = await spawnServer({ env: { ...HERE, ...env } })
  stop = server.stop
  return callers.meet((await server.mint()).codes)
}

/** Both have tried, and tried again, and no picture has come. */
async function nothingComes(windows: Window[]) {
  for (const window of windows) {
    await triedAgain(window, await triedAgain(window, { made: 0, ufrag: undefined }))
    for (const { decoded, dtls } of await media(window)) assert.equal([decoded, dtls], [0, 'new'])
  }
}

const candidatesIn = (frames: ServerFrame[]) =>
  frames
    .filter(({ type }) => type === 'signal')
    .flatMap((frame) => [...JSON.stringify(frame).matchAll(/candidate:[^"\\]+/g)].map(String))

test('where the direct path is cut no call comes about, and once it is open the same call does', async () => {
  wallIn('udp', 3478)
  const windows = await consultation({})
  await nothingComes(windows)
  internet.mend()
  for (const window of windows) await picturesRun(window)
})

test('R43: where the direct path is cut, a call goes over the TURN server', async () => {
  wallIn('udp', 3478)
  await relayed(await consultation({ WZ_TURN_URLS: UDP, WZ_TURN_SECRET: SECRET }))
})

test('R43: where only TCP to port 443 gets out, a call goes over the TURN server by TLS', async () => {
  wallIn('tcp', 443)
  await relayed(await consultation({ WZ_TURN_URLS: `${UDP},${TLS}`, WZ_TURN_SECRET: SECRET }), 'tls')
})

test('R43: with policy relay nobody learns where the other one is, though the direct path is open', async () => {
  const windows = await consultation({ WZ_TURN_URLS: UDP, WZ_TURN_SECRET: SECRET, WZ_ICE_POLICY: 'relay' })
  await relayed(windows)
  for (const { frames } of windows) {
    const candidates = candidatesIn(frames)
    assert.ok(candidates.length > 0)
    for (const candidate of candidates) assert.match(candidate, / typ relay raddr 0\.0\.0\.0 /)
    for (const address of Object.values(PEOPLE)) assert.not.match(JSON.stringify(frames), address)
  }
})

test('R43: with a wrong secret no call comes about', async () => {
  wallIn('udp', 3478)
  await nothingComes(await consultation({ WZ_TURN_URLS: UDP, WZ_TURN_SECRET: WRONG }))
})

test('R43: coturn takes credentials until they expire, and none that another secret has signed', async () => {
  const server = await spawnServer({ env: HERE })
  stop = server.stop
  const window = await callers.open('patient')
  const settings: IceSettings = {
    stunUrls: [],
    turnUrls: [UDP],
    turnSecret: SECRET,
    turnTtlSeconds: 60,
    icePolicy: 'all',
  }
  assert.equal(await gathered(window, iceFor(settings, 'peer', Date.now())), ['relay'])
  assert.equal(await gathered(window, iceFor(settings, 'peer', Date.now() - 61_000)), [401])
  assert.equal(await gathered(window, iceFor({ ...settings, turnSecret: WRONG }, 'peer', Date.now())), [401])
})

test.run()
