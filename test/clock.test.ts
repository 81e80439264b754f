/** The clock of the process: it follows the wall clock, but never back (R44). */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { steadyClock } from '../src/process/clock.ts'

function clockAt(wall: number) {
  const machine = { wall, elapsed: 0 }
  const now = steadyClock(
    () => machine.wall,
    () => machine.elapsed,
  )
  const pass = (ms: number, wallMs = ms) => {
    machine.elapsed += ms
    machine.wall += wallMs
    return now()
  }
  return { now, pass }
}

test('it is the wall clock as long as that goes on', () => {
  const { now, pass } = clockAt(1000)
  assert.is(now(), 1000)
  assert.is(pass(500), 1500)
  assert.is(pass(0, 3_600_000), 3_601_500, 'set forward: it follows at once')
})

test('set back by ten seconds it goes on slowly, and is right again after twenty', () => {
  const { pass } = clockAt(100_000)
  assert.is(pass(0, -10_000), 100_000)
  assert.is(pass(10_000), 105_000)
  assert.is(pass(10_000), 110_000)
  assert.is(pass(10_000), 120_000)
})

test('it never goes back, and never stands still for good', () => {
  const jump = fc.record({ ms: fc.nat(100_000), wallMs: fc.integer({ min: -1_000_000, max: 1_000_000 }) })
  fc.assert(
    fc.property(fc.array(jump, { maxLength: 50 }), (jumps) => {
      const { now, pass } = clockAt(10_000_000)
      let last = now()
      for (const { ms, wallMs } of jumps) {
        const time = pass(ms, wallMs)
        assert.ok(time >= last)
        if (ms >= 2) assert.ok(time > last, 'timeouts come to pass')
        last = time
      }
    }),
    { seed: 44 },
  )
})

test.run()
