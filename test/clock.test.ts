/** The clock of the process: the machine's, which is not believed at once (R44, R60). */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { wallClock } from '../src/process/clock.ts'
import { startServer } from './server-support.ts'

const DAY = 86_400_000
const START = 1_800_000_000_000

/** A machine whose wall clock can `jump`, and what is made of it. */
function machine() {
  const now = { wall: START, elapsed: 5000 }
  const clock = wallClock({ wall: () => now.wall, elapsed: () => now.elapsed })
  const pass = (ms: number, wallMs = ms): void => {
    now.elapsed += ms
    now.wall += wallMs
  }
  const jump = (ms: number): void => pass(0, ms)
  /** Second by second, looking at it. @returns what has changed */
  const watch = (seconds: number) =>
    Array.from({ length: seconds }, () => {
      pass(1000)
      return clock.look()
    }).filter((change) => change !== undefined)
  /** How far the clock is from the truth, where the machine's is right. */
  const off = (): number => clock.now() - now.wall
  return { clock, jump, pass, watch, off }
}

test('it is the wall clock as long as the two agree, and goes on by itself between two looks', () => {
  const { clock, pass, off, watch } = machine()
  assert.is(clock.now(), START)
  pass(500)
  assert.is(clock.now(), START + 500)
  assert.equal(watch(100), [])
  assert.is(off(), 0)
})

for (const ms of [1500, -1500]) {
  test(`a small difference (${ms} ms) is made up for within seconds, not in a step`, () => {
    const { clock, jump, off, watch } = machine()
    jump(ms)
    clock.look()
    assert.is(off(), -ms)
    assert.equal(watch(1), [])
    assert.is(off(), -ms + Math.sign(ms) * 500)
    watch(2)
    assert.is(off(), 0)
    assert.is(clock.doubt(), 0)
  })
}

for (const ms of [3 * DAY, -3_600_000]) {
  test(`R60: one wrong reading (${ms} ms) for some seconds changes nothing`, () => {
    const { clock, jump, off, watch } = machine()
    jump(ms)
    assert.equal(watch(2), ['doubted'])
    assert.is(off(), -ms)
    assert.is(clock.doubt(), ms)
    jump(-ms)
    assert.equal(watch(1), ['agreed'])
    assert.is(clock.doubt(), 0)
    assert.is(off(), 0)
  })

  test(`R60: what the clock was set to (${ms} ms) is followed after half a minute`, () => {
    const { clock, jump, off, watch } = machine()
    jump(ms)
    assert.equal(watch(30), ['doubted'])
    assert.is(off(), -ms)
    assert.equal(watch(1), ['followed'])
    assert.is(clock.doubt(), 0)
    assert.is(off(), 0)
    assert.equal(watch(100), [])
  })
}

test('R60: a clock that says something else every twenty seconds is never followed', () => {
  const { clock, jump, watch } = machine()
  jump(DAY)
  assert.equal(watch(20), ['doubted'])
  for (let times = 0; times < 10; times++) {
    jump(10_000)
    assert.equal(watch(20), [])
  }
  assert.is(clock.doubt(), DAY + 100_000)
  assert.is(clock.now(), START + 220_000)
})

test('R60: two readings with a long standstill between them confirm nothing', () => {
  const { clock, jump, pass, watch } = machine()
  jump(DAY)
  watch(1)
  pass(3_600_000)
  assert.is(clock.look(), undefined)
  assert.is(clock.doubt(), DAY)
})

test('R44: it goes back only where it follows, never stands still, and ends up right', () => {
  const step = fc.record({ ms: fc.integer({ min: 2, max: 5000 }), wallMs: fc.integer({ min: -5000, max: 10_000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const { clock, pass, off, watch } = machine()
      for (const { ms, wallMs } of steps) {
        const before = clock.now()
        pass(ms, wallMs)
        const between = clock.now()
        assert.ok(between > before, 'before a look')
        if (clock.look() !== 'followed') assert.is(clock.now(), between, 'by a look')
      }
      watch(40)
      assert.ok(Math.abs(off()) <= 1, `${off()}`)
    }),
    { seed: 44 },
  )
})

test('R60: while the clock of the machine is doubted nothing is deleted; the log, /readyz and a metric say so', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const kept = async () => ((await (await server.request('/v1/codes')).json()) as { codes: unknown[] }).codes.length
  const said = async () => {
    const [, metric] = /^wartezimmer_clock_disagreement_seconds (.+)$/m.exec(
      await (await server.request('/metrics')).text(),
    ) ?? [undefined]
    const ready = await server.request('/readyz')
    const { clockDisagreesBySeconds } = (await ready.json()) as { clockDisagreesBySeconds: number }
    return [ready.status, clockDisagreesBySeconds, Number(metric), ...server.logged.splice(0).filter(aboutClock)]
  }
  const aboutClock = ({ event }: { event: string }) => event.startsWith('clock')
  const wrong = 90 * DAY

  server.clock.wrong = wrong
  await server.pass(2)
  await server.sweep()
  assert.equal(await said(), [200, wrong / 1000, wrong / 1000, { event: 'clock_doubted', aheadSeconds: wrong / 1000 }])
  server.clock.wrong = 0
  await server.pass(1)
  assert.equal(await said(), [200, 0, 0, { event: 'clock_agrees' }])
  assert.is(await kept(), codes.length)

  server.clock.wrong = wrong
  await server.pass(2)
  await server.sweep()
  await server.pass(27)
  assert.is(await kept(), codes.length)
  await server.pass(5)
  assert.equal((await said()).at(-1), { event: 'clock_followed' })
  assert.is(await kept(), 0, 'what was put off is done')
})

for (const [set, ms] of [
  ['back by an hour', -3_600_000],
  ['forward by 90 days', 90 * DAY],
] as const) {
  test(`R44, R60: a clock that is set ${set} costs nobody a seat, and how long somebody has waited stays true`, async () => {
    const server = await startServer()
    const { host, guest, room } = await server.consultation()
    const { codes } = await server.mint({ room, roles: ['guest'] })
    const waiting = await server.join(codes[0]?.code ?? '', 'Berta')
    const { peer } = await host.next('knock')
    server.clock.wrong = ms
    await server.pass(60)
    await server.sweep()
    const now = server.clock.now + ms
    const live = await (await server.request(`/v1/rooms/${room}`)).json()
    const { peers, session } = live as { peers: { since: number }[]; session: { start: number } }
    for (const since of [...peers.map(({ since }) => since), session.start]) assert.is(now - since, 60_000)
    host.socket.terminate()
    await host.closed
    const again = await server.resume(host)
    const lobby = await again.next('lobby')
    assert.equal(
      lobby.peers.map(({ since }) => lobby.now - since),
      [60_000, 60_000],
    )
    again.send({ type: 'end' })
    await guest.next('ended')
    again.send({ type: 'admit', peer })
    await waiting.next('admitted')
    assert.is(await server.metric('wartezimmer_waiting_seconds_sum'), '60')
  })
}

test.run()
