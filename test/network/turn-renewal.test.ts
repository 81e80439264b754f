/**
 * A call that lasts longer than its TURN credentials, with a real coturn. The server runs in the test's own
 * process, so that its clock can be set. Runs as root in a network namespace with nothing but loopback.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ice } from '../../src/protocol/messages.ts'
import type { Window } from '../browser/support.ts'
import { ice, triedAgain, until } from '../browser/watching.ts'
import { startServer } from '../server-support.ts'
import { HERE, openCallers } from './callers.ts'
import { gathered, relayed, startCoturn, UDP } from './coturn.ts'

const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'

const callers = await openCallers()
let coturn = await startCoturn(callers.internet.folder, SECRET)

test.after(async () => {
  await callers.close()
  await coturn.stop()
})

test('R43: a call outlives its first credentials, and with the fresh ones it comes back when the TURN server restarts', async () => {
  // Its clock goes 260 s after the TURN server's: the first credentials hold for 40 s, the next for minutes more.
  const env = { ...HERE, WZ_TURN_URLS: UDP, WZ_TURN_SECRET: SECRET, WZ_TURN_TTL_SECONDS: '300' }
  const server = await startServer(env, undefined, { now: Date.now() - 260_000 })
  callers.wallIn('udp', 3478)
  const windows = await callers.meet((await server.mint()).codes.map(({ code }) => code))
  await relayed(windows)
  const given = ({ page }: Window) =>
    page.evaluate(() => {
      const { connections } = window as unknown as { connections: RTCPeerConnection[] }
      return { servers: connections.at(-1)?.getConfiguration().iceServers as Ice['servers'] }
    })
  const first = await given(windows[0])
  for (let second = 0; second < 150; second += 5) {
    await server.pass(5)
    for (const { page } of windows) await page.title()
  }
  for (const window of windows)
    await until(
      () => given(window),
      ({ servers }) => servers[0]?.username !== first.servers[0]?.username,
    )
  const expiry = Number(first.servers[0]?.username?.split(':')[0]) * 1000
  await until(
    () => Date.now(),
    (now) => now > expiry + 1000,
    60_000,
  )
  const other = await callers.open('patient')
  assert.equal(await gathered(other, first), [401])
  await relayed(windows)

  const before = await Promise.all(windows.map(ice))
  // Whatever was allocated is gone: only who can allocate anew comes back.
  await coturn.stop()
  coturn = await startCoturn(callers.internet.folder, SECRET)
  for (const [index, window] of windows.entries()) await triedAgain(window, before[index] ?? { made: 0, ufrag: '' })
  await relayed(windows)
})

test.run()
