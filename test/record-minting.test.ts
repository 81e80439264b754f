/** Idempotency-Key: what is asked for twice is made once, and said twice without being on disk. */
import { randomUUID } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { NewCode } from '../src/record/codes.ts'
import { type MintRequest, openMinting } from '../src/record/minting.ts'
import type { RecordStore } from '../src/record/record.ts'
import { idMaker } from '../src/record/uuid.ts'
import { by, DAY, HOUR, NOW, openIn, refused, tempFolder } from './record-support.ts'

const REQUEST: MintRequest = { roles: ['host', 'guest', 'guest'], reference: 'case-7' }
const KEY = randomUUID()

const all = async (record: RecordStore) => (await record.listCodes({ limit: 99 }, by(NOW))).codes

test('a repeated call mints nothing new and gets the same codes, also after a restart', async () => {
  const folder = tempFolder()
  const first = await openIn(folder)
  const minted = await first.mint(REQUEST, by(NOW), KEY)
  assert.equal(
    minted.codes.map(({ role }) => role),
    ['host', 'guest', 'guest'],
  )
  assert.is(new Set(minted.codes.map(({ symbols }) => symbols)).size, 3)
  assert.equal(await first.mint(REQUEST, by(NOW + 1), KEY), minted)
  await first.close()
  const second = await openIn(folder)
  assert.equal(await second.mint(REQUEST, by(NOW + HOUR), KEY), minted)
  assert.is((await all(second)).length, 3)
  for (const { symbols } of minted.codes) assert.is(second.checkCode(symbols, NOW).room, minted.room)
})

test('without a key, every call mints anew', async () => {
  const record = await openIn(tempFolder())
  const [first, second] = [await record.mint(REQUEST, by(NOW)), await record.mint(REQUEST, by(NOW))]
  assert.is.not(first.room, second.room)
  assert.match(first.room, /^[a-z0-9]{10}$/)
  assert.is(new Set([...first.codes, ...second.codes].map(({ symbols }) => symbols)).size, 6)
})

test('the same key with another request is refused and mints nothing', async () => {
  const record = await openIn(tempFolder())
  await record.mint(REQUEST, by(NOW), KEY)
  for (const other of [{ room: 'r1' }, { reference: 'case-8' }, { roles: ['host'] as const }, { guests: 2 }]) {
    await refused('idempotency_mismatch', () => record.mint({ ...REQUEST, ...other }, by(NOW), KEY))
  }
  assert.is((await all(record)).length, 3)
})

test('a repeated call shows codes as they are now: moved, revoked, or expired', async () => {
  const record = await openIn(tempFolder())
  const [host, guest] = (await record.mint(REQUEST, by(NOW), KEY)).codes
  await record.moveCode(host?.id ?? '', { expiresAt: NOW + 2 * DAY }, by(NOW))
  await record.revokeCode(guest?.id ?? '', by(NOW))
  const again = (await record.mint(REQUEST, by(NOW + DAY), KEY)).codes
  assert.equal(
    again.map(({ status }) => status),
    ['valid', 'revoked', 'expired'],
  )
  assert.is(again[0]?.symbols, host?.symbols)
})

test('what is refused is not remembered: the key can be used for a better request', async () => {
  const record = await openIn(tempFolder())
  await refused('window_invalid', () => record.mint({ ...REQUEST, expiresAt: NOW }, by(NOW), KEY))
  assert.equal(await all(record), [])
  assert.is((await record.mint(REQUEST, by(NOW), KEY)).codes.length, 3)
})

test('the key is forgotten with the last of its codes, not before', async () => {
  const record = await openIn(tempFolder())
  const [host] = (await record.mint(REQUEST, by(NOW), KEY)).codes
  await record.moveCode(host?.id ?? '', { expiresAt: NOW + 3 * DAY }, by(NOW))
  await record.sweep(NOW + 2 * DAY)
  assert.equal(
    (await record.mint(REQUEST, by(NOW + 2 * DAY), KEY)).codes.map(({ symbols }) => symbols),
    [host?.symbols],
  )
  await record.sweep(NOW + 4 * DAY)
  const anew = (await record.mint(REQUEST, by(NOW + 4 * DAY), KEY)).codes
  assert.is(anew.length, 3)
  assert.is.not(anew[0]?.symbols, host?.symbols)
})

test('a hash that is taken is not taken over: the next attempt is used, and found again', () => {
  const rows: NewCode[] = []
  const hashes: string[] = []
  const codes = {
    add(code: NewCode) {
      hashes.push(code.hash.toString('hex'))
      return hashes.length > 1 && rows.push(code) > 0
    },
    get: () => rows[0],
    find: (hash: Buffer) => rows.find((row) => row.hash.equals(hash)),
    request: () => rows[0],
  }
  const mint = openMinting(
    codes as unknown as Parameters<typeof openMinting>[0],
    () => {},
    ['k'.repeat(40)],
    DAY * 80,
    idMaker(),
  )
  const minted = mint({ roles: ['guest'] }, by(NOW), KEY)
  assert.is(new Set(hashes).size, 2)
  assert.equal(mint({ roles: ['guest'] }, by(NOW), KEY), minted)
})

test.run()
