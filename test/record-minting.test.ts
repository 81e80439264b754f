/** Idempotency-Key: what is asked for twice is made once, and said twice without being on disk. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { MintRequest } from '../src/record/minting.ts'
import { by, DAY, HOUR, NOW, openIn, refused, tempFolder } from './record-support.ts'

const REQUEST: MintRequest = { roles: ['host', 'guest', 'guest'], reference: 'case-7' }
const KEY = 'appointment-4711'

const all = (record: ReturnType<typeof openIn>) => record.listCodes({ limit: 99 }, NOW).codes

test('a repeated call mints nothing new and gets the same codes, also after a restart', () => {
  const folder = tempFolder()
  const first = openIn(folder)
  const minted = first.mint(REQUEST, by(NOW), KEY)
  assert.equal(
    minted.codes.map(({ role }) => role),
    ['host', 'guest', 'guest'],
  )
  assert.is(new Set(minted.codes.map(({ symbols }) => symbols)).size, 3)
  assert.equal(first.mint(REQUEST, by(NOW + 1), KEY), minted)
  first.close()
  const second = openIn(folder)
  assert.equal(second.mint(REQUEST, by(NOW + HOUR), KEY), minted)
  assert.is(all(second).length, 3)
  for (const { symbols } of minted.codes) assert.is(second.checkCode(symbols, NOW).room, minted.room)
  second.close()
})

test('without a key, every call mints anew', () => {
  const record = openIn(tempFolder())
  const [first, second] = [record.mint(REQUEST, by(NOW)), record.mint(REQUEST, by(NOW))]
  assert.is.not(first.room, second.room)
  assert.match(first.room, /^[a-z0-9]{10}$/)
  assert.is(new Set([...first.codes, ...second.codes].map(({ symbols }) => symbols)).size, 6)
  record.close()
})

test('the same key with another request is refused and mints nothing', () => {
  const record = openIn(tempFolder())
  record.mint(REQUEST, by(NOW), KEY)
  for (const other of [{ room: 'r1' }, { reference: 'case-8' }, { roles: ['host'] as const }, { guests: 2 }]) {
    refused('idempotency_mismatch', () => record.mint({ ...REQUEST, ...other }, by(NOW), KEY))
  }
  assert.is(all(record).length, 3)
  record.close()
})

test('a key belongs to its admin: the same words of another one are another key', () => {
  const record = openIn(tempFolder())
  const mine = record.mint(REQUEST, by(NOW), KEY)
  const theirs = record.mint(REQUEST, by(NOW, 'other'), KEY)
  assert.is.not(mine.codes[0]?.symbols, theirs.codes[0]?.symbols)
  assert.is(all(record).length, 6)
  record.close()
})

test('a repeated call shows codes as they are now: moved, revoked, or expired', () => {
  const record = openIn(tempFolder())
  const [host, guest] = record.mint(REQUEST, by(NOW), KEY).codes
  record.moveCode(host?.id ?? '', { expiresAt: NOW + 2 * DAY }, by(NOW))
  record.revokeCode(guest?.id ?? '', by(NOW))
  const again = record.mint(REQUEST, by(NOW + DAY), KEY).codes
  assert.equal(
    again.map(({ status }) => status),
    ['valid', 'revoked', 'expired'],
  )
  assert.is(again[0]?.symbols, host?.symbols)
  record.close()
})

test('what is refused is not remembered: the key can be used for a better request', () => {
  const record = openIn(tempFolder())
  refused('window_invalid', () => record.mint({ ...REQUEST, expiresAt: NOW }, by(NOW), KEY))
  assert.equal(all(record), [])
  assert.is(record.mint(REQUEST, by(NOW), KEY).codes.length, 3)
  record.close()
})

test('the key is forgotten with the last of its codes, not before', async () => {
  const record = openIn(tempFolder())
  const [host] = record.mint(REQUEST, by(NOW), KEY).codes
  record.moveCode(host?.id ?? '', { expiresAt: NOW + 3 * DAY }, by(NOW))
  await record.sweep(NOW + 2 * DAY)
  assert.equal(
    record.mint(REQUEST, by(NOW + 2 * DAY), KEY).codes.map(({ symbols }) => symbols),
    [host?.symbols],
  )
  await record.sweep(NOW + 4 * DAY)
  const anew = record.mint(REQUEST, by(NOW + 4 * DAY), KEY).codes
  assert.is(anew.length, 3)
  assert.is.not(anew[0]?.symbols, host?.symbols)
  record.close()
})

test('with another code key the same salt and key give other codes', () => {
  const folder = tempFolder()
  const first = openIn(folder, { codeKey: 'a'.repeat(32) })
  const minted = first.mint(REQUEST, by(NOW), KEY)
  first.close()
  const second = openIn(folder, { codeKey: 'b'.repeat(32) })
  for (const { symbols } of minted.codes) refused('code_unknown', () => second.checkCode(symbols, NOW))
  assert.is.not(second.mint(REQUEST, by(NOW), KEY).codes[0]?.symbols, minted.codes[0]?.symbols)
  second.close()
})

test.run()
