/** Codes on disk: who gets in when, what an admin can change, and what is never written down. */
import { createHash, randomUUID } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatCode } from '../src/protocol/dial-code.ts'
import type { MintRequest } from '../src/record/minting.ts'
import { by, bytesIn, DAY, elsewhere, HOUR, MINUTE, NOW, openIn, refused, tempFolder } from './record-support.ts'

/** The latest that a code may expire when the sweep runs hourly. */
const CAP = 88 * DAY - HOUR

async function withOne(request: Partial<MintRequest> = {}) {
  const record = await openIn(tempFolder())
  const { codes } = await record.mint({ room: 'r1', roles: ['guest'], ...request }, by(NOW))
  const [code] = codes
  if (!code) throw new Error('nothing was minted')
  return { record, ...code }
}

test('R32: of a code there is nothing on disk but its keyed hash: not itself, not its SHA-256', async () => {
  const folder = tempFolder()
  const record = await openIn(folder, { codeKey: 'k'.repeat(40) })
  const request: MintRequest = { room: 'the-room', roles: ['host', 'guest'] }
  const key = randomUUID()
  const minted = [...(await record.mint(request, by(NOW))).codes, ...(await record.mint(request, by(NOW), key)).codes]
  const lookFor = (bytes: Buffer) => {
    assert.ok(bytes.includes('the-room'), 'the search finds what is there')
    for (const { symbols } of minted) {
      const shown = formatCode(symbols)
      for (const form of [symbols, shown]) {
        const sha256 = createHash('sha256').update(form).digest()
        for (const needle of [form, form.toLowerCase(), sha256, sha256.toString('hex'), sha256.toString('base64')]) {
          assert.not.ok(bytes.includes(needle))
        }
      }
    }
    for (const needle of ['k'.repeat(40), key]) assert.not.ok(bytes.includes(needle))
  }
  lookFor(bytesIn(folder))
  for (const { symbols } of minted) record.checkCode(symbols, NOW)
  await record.close()
  lookFor(bytesIn(folder))
})

test('R9: a code leads to the room, role and reference that it was minted for', async () => {
  const record = await openIn(tempFolder())
  const wish = { room: 'r1', reference: 'case-7', guests: 3 }
  const [host, guest] = (await record.mint({ ...wish, roles: ['host', 'guest'] }, by(NOW))).codes
  assert.equal(record.checkCode(host?.symbols ?? '', NOW), { code: host?.id, role: 'host', ...wish })
  assert.equal(record.checkCode(guest?.symbols ?? '', NOW), { code: guest?.id, role: 'guest', ...wish })
})

test('a code opens from notBefore on and until just before expiresAt', async () => {
  const { record, symbols } = await withOne({ notBefore: NOW + HOUR, expiresAt: NOW + 2 * HOUR })
  assert.equal((await refused('code_too_early', () => record.checkCode(symbols, NOW + HOUR - 1))).facts, {
    notBefore: NOW + HOUR,
  })
  record.checkCode(symbols, NOW + HOUR)
  record.checkCode(formatCode(symbols).toLowerCase(), NOW + 2 * HOUR - 1)
  await refused('code_expired', () => record.checkCode(symbols, NOW + 2 * HOUR))
})

test('a mistyped code is malformed, a well-formed one that nobody minted is unknown', async () => {
  const { record, symbols } = await withOne()
  const wrong = (symbols[0] === '0' ? '1' : '0') + symbols.slice(1)
  await refused('code_malformed', () => record.checkCode(wrong, NOW))
  await refused('code_malformed', () => record.checkCode('', NOW))
  await refused('code_unknown', () => record.checkCode('K7M-4XQ-9TP', NOW))
})

test('a mistyped code is refused without a look into the database', async () => {
  const { record, symbols } = await withOne()
  await record.close()
  await refused('code_malformed', () => record.checkCode('K7M-4XQ-9TT', NOW))
  assert.throws(() => record.checkCode(symbols, NOW), /not open/)
})

test('a revoked code is worthless for good; to revoke it again changes nothing', async () => {
  const { record, symbols, id } = await withOne()
  await record.revokeCode(id, by(NOW + 5))
  await refused('code_revoked', () => record.checkCode(symbols, NOW + 6))
  await record.revokeCode(id, by(NOW + 7))
  assert.is((await record.getCode(id, by(NOW + 8))).revokedAt, NOW + 5)
  await refused('code_revoked', () => record.moveCode(id, { expiresAt: NOW + DAY }, by(NOW)))
  await refused('code_unknown', () => record.revokeCode('nothing', by(NOW)))
})

test('without a window a code works for 24 hours; with only its start, for 24 hours from it', async () => {
  const now = await withOne()
  assert.equal([now.notBefore, now.expiresAt], [NOW, NOW + DAY])
  const later = await withOne({ notBefore: NOW + DAY })
  assert.equal([later.notBefore, later.expiresAt], [NOW + DAY, NOW + 2 * DAY])
  const until = await withOne({ expiresAt: NOW + HOUR })
  assert.equal([until.notBefore, until.expiresAt], [NOW, NOW + HOUR])
  for (const { record } of [now, later, until]) await record.close()
})

test('R36: no code expires later than 88 days less a sweep interval after it was made', async () => {
  const { record, id } = await withOne({ expiresAt: NOW + CAP })
  const latest = new RegExp(`${NOW + CAP} \\(${new Date(NOW + CAP).toISOString()}\\)`)
  const tooLate = { room: 'r1', roles: ['guest'] as const, expiresAt: NOW + CAP + 1 }
  assert.match((await refused('window_invalid', () => record.mint(tooLate, by(NOW)))).message, latest)
  // Moving counts from when it was made, not from when it is moved.
  const move = () => record.moveCode(id, { expiresAt: NOW + CAP + 1 }, by(NOW + 30 * DAY))
  assert.match((await refused('window_invalid', move)).message, latest)
})

test('a window must end after it starts, and in the future', async () => {
  const { record, id } = await withOne()
  const bad = [
    { notBefore: NOW + HOUR, expiresAt: NOW + HOUR },
    { notBefore: NOW + HOUR, expiresAt: NOW + 1 },
    { notBefore: NOW - DAY, expiresAt: NOW },
  ]
  for (const window of bad) {
    await refused('window_invalid', () => record.mint({ roles: ['guest'], ...window }, by(NOW)))
    await refused('window_invalid', () => record.moveCode(id, window, by(NOW)))
  }
  assert.is((await record.listCodes({ limit: 9 }, by(NOW))).codes.length, 1)
  assert.is((await record.getCode(id, by(NOW))).expiresAt, NOW + DAY)
})

test('a moved code works in its new window only; an end that is not named stays', async () => {
  const { record, symbols, id } = await withOne()
  const moved = await record.moveCode(id, { notBefore: NOW + HOUR }, by(NOW))
  assert.equal([moved.notBefore, moved.expiresAt, moved.status], [NOW + HOUR, NOW + DAY, 'early'])
  await refused('code_too_early', () => record.checkCode(symbols, NOW))
  await record.moveCode(id, { notBefore: NOW, expiresAt: NOW + 2 * DAY }, by(NOW))
  record.checkCode(symbols, NOW + 2 * DAY - 1)
  await refused('code_unknown', () => record.moveCode('nothing', { notBefore: NOW }, by(NOW)))
})

test('codes are listed by room and by status', async () => {
  const record = await openIn(tempFolder())
  const mint = async (room: string, wish: Partial<MintRequest> = {}) =>
    (await record.mint({ room, roles: ['guest'], ...wish }, by(NOW))).codes[0]?.id ?? ''
  const valid = await mint('a')
  const early = await mint('a', { notBefore: NOW + HOUR })
  const expired = await mint('b', { expiresAt: NOW + MINUTE })
  const revoked = await mint('b')
  await record.revokeCode(revoked, by(NOW))
  for (const [filter, expected] of [
    [{}, [valid, early, expired, revoked]],
    [{ room: 'a' }, [valid, early]],
    [{ room: 'b', status: 'revoked' }, [revoked]],
    [{ status: 'valid' }, [valid]],
    [{ status: 'early' }, [early]],
    [{ status: 'expired' }, [expired]],
    [{ room: 'c' }, []],
  ] as const) {
    const { codes } = await record.listCodes({ limit: 9, ...filter }, by(NOW + MINUTE))
    assert.equal([...codes.map(({ id }) => id)], [...expected])
  }
  assert.equal([await record.knowsRoom('a', by(NOW)), await record.knowsRoom('c', by(NOW))], [true, false])
})

test('pages go on where they stopped, also after the row at the seam is deleted', async () => {
  const record = await openIn(tempFolder())
  for (let count = 0; count < 5; count++) await record.mint({ room: `r${count}`, roles: ['guest'] }, by(NOW))
  const rooms = (page: { codes: { room: string }[] }) => page.codes.map(({ room }) => room)
  const first = await record.listCodes({ limit: 2 }, by(NOW))
  assert.equal(rooms(first), ['r0', 'r1'])
  const rest = await record.listCodes({ limit: 3, after: first.next ?? '' }, by(NOW))
  assert.equal([rooms(rest), rest.next], [['r2', 'r3', 'r4'], null])
  await record.mint({ room: 'late', roles: ['guest'], expiresAt: NOW + 3 * DAY }, by(NOW))
  await record.sweep(NOW + 2 * DAY)
  assert.equal(rooms(await record.listCodes({ limit: 9, after: first.next ?? '' }, by(NOW + 2 * DAY))), ['late'])
})

test('a code that was moved to another day leaves nothing behind, and keeps what it was', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const mint = async (expiresAt: number) =>
    (await record.mint({ roles: ['guest'], expiresAt }, by(NOW), randomUUID())).codes[0]
  const [moved, stays] = [await mint(NOW + DAY), await mint(NOW + DAY)]
  const id = moved?.id ?? ''
  await record.moveCode(id, { expiresAt: NOW + 50 * DAY }, by(NOW))
  await record.revokeCode(stays?.id ?? '', by(NOW))
  await record.sweep(NOW + 3 * DAY)
  assert.is(record.checkCode(moved?.symbols ?? '', NOW + 49 * DAY).code, id)
  await record.moveCode(id, { expiresAt: NOW + 5 * DAY }, by(NOW + 4 * DAY))
  const hash = elsewhere(folder, (db) => db.prepare('SELECT hash FROM codes WHERE id = ?').pluck().get(id)) as Buffer
  assert.ok(bytesIn(folder).includes(hash), 'the search finds what is there')
  assert.equal((await record.sweep(NOW + 7 * DAY)).deleted, 1)
  assert.not.ok(bytesIn(folder).includes(hash))
  await refused('code_unknown', () => record.checkCode(moved?.symbols ?? '', NOW + 7 * DAY))
})

test.run()
