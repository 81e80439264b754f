/** The time in which a process could hear: a standstill takes nothing from anybody (R60). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createHeartbeat } from '../src/process/heartbeat.ts'

test('it goes with the clock while the beats come in time', () => {
  const time = { elapsed: 5_000 }
  const { lived, beat } = createHeartbeat(() => time.elapsed)
  for (const ms of [1_000, 1_400, 900]) {
    time.elapsed += ms
    assert.is(beat(), true)
  }
  time.elapsed += 300
  assert.ok(lived() >= 3_200 && lived() <= 3_600, String(lived()))
})

test('a standstill counts for one interval, and in the beat after it nobody is given up', () => {
  const time = { elapsed: 0 }
  const { lived, beat } = createHeartbeat(() => time.elapsed)
  time.elapsed += 3_600_000
  assert.is(lived(), 1_000)
  assert.is(beat(), false)
  assert.is(lived(), 1_000)
  time.elapsed += 1_000
  assert.is(beat(), true)
  assert.is(lived(), 2_000)
})

test.run()
