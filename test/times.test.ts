/** Times in a named zone: which instant is meant, and how it is printed. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { printTime, time } from '../src/commands/times.ts'
import { HOUR, MINUTE } from './record-support.ts'

/** What is typed, in which zone, which instant that is in UTC, and how it is printed in that zone. */
const READ: [string, string, string, string, string][] = [
  ['in winter', '2026-12-01T10:00', 'Europe/Berlin', '2026-12-01T09:00', '2026-12-01T10:00+01:00'],
  ['in summer', '2026-07-01T10:00', 'Europe/Berlin', '2026-07-01T08:00', '2026-07-01T10:00+02:00'],
  ['with seconds', '2026-07-01T10:00:59', 'Europe/Berlin', '2026-07-01T08:00', '2026-07-01T10:00+02:00'],
  ['before clocks go forward', '2026-03-29T01:59', 'Europe/Berlin', '2026-03-29T00:59', '2026-03-29T01:59+01:00'],
  ['after clocks went forward', '2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T01:00', '2026-03-29T03:00+02:00'],
  ['before clocks go back', '2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59', '2026-10-25T01:59+02:00'],
  ['twice: the first', '2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30', '2026-10-25T02:30+02:00'],
  ['twice: the second, named', '2026-10-25T02:30+01:00', 'Europe/Berlin', '2026-10-25T01:30', '2026-10-25T02:30+01:00'],
  ['after clocks went back', '2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00', '2026-10-25T03:00+01:00'],
  ['a day: its midnight', '2026-07-01', 'Europe/Berlin', '2026-06-30T22:00', '2026-07-01T00:00+02:00'],
  ['half an hour beside the others', '2026-12-01T10:00', 'Asia/Kolkata', '2026-12-01T04:30', '2026-12-01T10:00+05:30'],
  ['moved by half an hour', '2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45', '2026-04-05T01:45+11:00'],
  ['UTC', '2026-12-01T10:00', 'UTC', '2026-12-01T10:00', '2026-12-01T10:00+00:00'],
  ['far in the west', '2026-12-01T23:00', 'Pacific/Honolulu', '2026-12-02T09:00', '2026-12-01T23:00-10:00'],
  ['far in the east', '2026-12-01T05:00', 'Pacific/Kiritimati', '2026-11-30T15:00', '2026-12-01T05:00+14:00'],
  ['with Z', '2026-12-01T10:00Z', 'Pacific/Honolulu', '2026-12-01T10:00', '2026-12-01T00:00-10:00'],
  ['a leap day', '2028-02-29T10:00', 'UTC', '2028-02-29T10:00', '2028-02-29T10:00+00:00'],
]

for (const [what, typed, zone, utc, printed] of READ) {
  test(`a time ${what} is the instant that is meant, and is printed with its offset`, () => {
    const instant = time(zone)(typed)
    assert.is(new Date(instant).toISOString().slice(0, 16), utc)
    assert.is(printTime(instant, zone), printed)
  })
}

test('what is printed can be typed again, also around the change of clocks', () => {
  for (const change of [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)]) {
    for (let instant = change - 3 * HOUR; instant <= change + 3 * HOUR; instant += 10 * MINUTE) {
      assert.is(time('Europe/Berlin')(printTime(instant, 'Europe/Berlin')), instant)
    }
  }
})

test('a time that the clocks of the zone pass over is refused, with a line that says so', () => {
  const gaps: [string, string][] = [
    ['2026-03-29T02:00', 'Europe/Berlin'],
    ['2026-03-29T02:59:59', 'Europe/Berlin'],
    ['2026-03-08T02:30', 'America/New_York'],
    ['2011-12-30T12:00', 'Pacific/Apia'],
  ]
  for (const [typed, zone] of gaps) {
    const rule = `a time that there is: clocks in ${zone} are put forward past ${typed}`
    assert.throws(
      () => time(zone)(typed),
      (thrown: unknown) => thrown === rule,
    )
  }
})

for (const typed of [
  'tomorrow',
  '2026-02-31',
  '2026-02-29T10:00',
  '2026-13-01',
  '2026-00-10',
  '2026-12-01T24:00',
  '2026-12-01T10:60',
  '2026-12-01T10:00+25:00',
  '2026-12-01T10:00+01',
  '2026-12-01T10:00 CET',
  '2026-12-01T10',
  '2026-12-01Z',
  '1.12.2026 10:00',
]) {
  test(`${typed} is no time`, () => {
    assert.throws(
      () => time('Europe/Berlin')(typed),
      (thrown: unknown) => /^a time such as .*, not /.test(String(thrown)),
    )
  })
}

test.run()
