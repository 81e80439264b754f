/** Codes on disk: who gets in when, what an admin can change, and what is never written down. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatCode } from '../src/protocol/dial-code.ts'
import type { MintRequest } from '../src/record/minting.ts'
import { by, bytesIn, DAY, HOUR, MINUTE, NOW, openIn, refused, tempFolder } from './record-support.ts'

/** The latest that a code may expire when the sweep runs hourly. */
const CAP = 88 * DAY - HOUR

function withOne(request: Partial<MintRequest> = {}) {
  const record = openIn(tempFolder())
  const { codes } = record.mint({ room: 'r1', roles: ['guest'], ...request }, by(NOW))
  const [code] = codes
  if (!code) throw new Error('nothing was minted')
  return { record, ...code }
}

test('R32: of a code there is nothing on disk but its keyed hash: not itself, not its SHA-256', () => {
  const folder = tempFolder()
  const record = openIn(folder, { codeKey: 'k'.repeat(40) })
  const request: MintRequest = { room: 'the-room', roles: ['host', 'guest'] }
  const minted = [...record.mint(request, by(NOW)).codes, ...record.mint(request, by(NOW), 'appointment-4711').codes]
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
    for (const needle of ['k'.repeat(40), 'appointment-4711']) assert.not.ok(bytes.includes(needle))
  }
  lookFor(bytesIn(folder))
  for (const { symbols } of minted) record.checkCode(symbols, NOW)
  record.close()
  lookFor(bytesIn(folder))
})

test('R9: a code leads to the room, role and reference that it was minted for', () => {
  const record = openIn(tempFolder())
  const wish = { room: 'r1', reference: 'case-7', guests: 3 }
  const [host, guest] = record.mint({ ...wish, roles: ['host', 'guest'] }, by(NOW)).codes
  assert.equal(record.checkCode(host?.symbols ?? '', NOW), { code: host?.id, role: 'host', ...wish })
  assert.equal(record.checkCode(guest?.symbols ?? '', NOW), { code: guest?.id, role: 'guest', ...wish })
  record.close()
})

test('a code opens from notBefore on and until just before expiresAt', () => {
  const { record, symbols } = withOne({ notBefore: NOW + HOUR, expiresAt: NOW + 2 * HOUR })
  assert.equal(refused('code_too_early', () => record.checkCode(symbols, NOW + HOUR - 1)).facts, {
    notBefore: NOW + HOUR,
  })
  record.checkCode(symbols, NOW + HOUR)
  record.checkCode(formatCode(symbols).toLowerCase(), NOW + 2 * HOUR - 1)
  refused('code_expired', () => record.checkCode(symbols, NOW + 2 * HOUR))
  record.close()
})

test('a mistyped code is malformed, a well-formed one that nobody minted is unknown', () => {
  const { record, symbols } = withOne()
  const wrong = (symbols[0] === '0' ? '1' : '0') + symbols.slice(1)
  refused('code_malformed', () => record.checkCode(wrong, NOW))
  refused('code_malformed', () => record.checkCode('', NOW))
  refused('code_unknown', () => record.checkCode('K7M-4XQ-9TP', NOW))
  record.close()
})

test('a mistyped code is refused without a look into the database', () => {
  const { record, symbols } = withOne()
  record.close()
  refused('code_malformed', () => record.checkCode('K7M-4XQ-9TT', NOW))
  assert.throws(() => record.checkCode(symbols, NOW), /not open/)
})

test('a revoked code is worthless for good; to revoke it again changes nothing', () => {
  const { record, symbols, id } = withOne()
  record.revokeCode(id, by(NOW + 5))
  refused('code_revoked', () => record.checkCode(symbols, NOW + 6))
  record.revokeCode(id, by(NOW + 7))
  assert.is(record.getCode(id, NOW + 8).revokedAt, NOW + 5)
  refused('code_revoked', () => record.moveCode(id, { expiresAt: NOW + DAY }, by(NOW)))
  refused('code_unknown', () => record.revokeCode('nothing', by(NOW)))
  record.close()
})

test('without a window a code works for 24 hours; with only its start, for 24 hours from it', () => {
  const now = withOne()
  assert.equal([now.notBefore, now.expiresAt], [NOW, NOW + DAY])
  const later = withOne({ notBefore: NOW + DAY })
  assert.equal([later.notBefore, later.expiresAt], [NOW + DAY, NOW + 2 * DAY])
  const until = withOne({ expiresAt: NOW + HOUR })
  assert.equal([until.notBefore, until.expiresAt], [NOW, NOW + HOUR])
  for (const { record } of [now, later, until]) record.close()
})

test('R36: no code expires later than 88 days less a sweep interval after it was made', () => {
  const { record, id } = withOne({ expiresAt: NOW + CAP })
  const latest = new RegExp(`${NOW + CAP} \\(${new Date(NOW + CAP).toISOString()}\\)`)
  const tooLate = { room: 'r1', roles: ['guest'] as const, expiresAt: NOW + CAP + 1 }
  assert.match(refused('window_invalid', () => record.mint(tooLate, by(NOW))).message, latest)
  // Moving counts from when it was made, not from when it is moved.
  const move = () => record.moveCode(id, { expiresAt: NOW + CAP + 1 }, by(NOW + 30 * DAY))
  assert.match(refused('window_invalid', move).message, latest)
  record.close()
})

test('a window must end after it starts, and in the future', () => {
  const { record, id } = withOne()
  const bad = [
    { notBefore: NOW + HOUR, expiresAt: NOW + HOUR },
    { notBefore: NOW + HOUR, expiresAt: NOW + 1 },
    { notBefore: NOW - DAY, expiresAt: NOW },
  ]
  for (const window of bad) {
    refused('window_invalid', () => record.mint({ roles: ['guest'], ...window }, by(NOW)))
    refused('window_invalid', () => record.moveCode(id, window, by(NOW)))
  }
  assert.is(record.listCodes({ limit: 9 }, NOW).codes.length, 1)
  assert.is(record.getCode(id, NOW).expiresAt, NOW + DAY)
  record.close()
})

test('a moved code works in its new window only; an end that is not named stays', () => {
  const { record, symbols, id } = withOne()
  const moved = record.moveCode(id, { notBefore: NOW + HOUR }, by(NOW))
  assert.equal([moved.notBefore, moved.expiresAt, moved.status], [NOW + HOUR, NOW + DAY, 'early'])
  refused('code_too_early', () => record.checkCode(symbols, NOW))
  record.moveCode(id, { notBefore: NOW, expiresAt: NOW + 2 * DAY }, by(NOW))
  record.checkCode(symbols, NOW + 2 * DAY - 1)
  refused('code_unknown', () => record.moveCode('nothing', { notBefore: NOW }, by(NOW)))
  record.close()
})

test('codes are listed by room and by status', () => {
  const record = openIn(tempFolder())
  const mint = (room: string, wish: Partial<MintRequest> = {}) =>
    record.mint({ room, roles: ['guest'], ...wish }, by(NOW)).codes[0]?.id ?? ''
  const valid = mint('a')
  const early = mint('a', { notBefore: NOW + HOUR })
  const expired = mint('b', { expiresAt: NOW + MINUTE })
  const revoked = mint('b')
  record.revokeCode(revoked, by(NOW))
  const ids = (filter: object) => record.listCodes({ limit: 9, ...filter }, NOW + MINUTE).codes.map(({ id }) => id)
  assert.equal(ids({}), [valid, early, expired, revoked])
  assert.equal(ids({ room: 'a' }), [valid, early])
  assert.equal(ids({ room: 'b', status: 'revoked' }), [revoked])
  assert.equal(ids({ status: 'valid' }), [valid])
  assert.equal(ids({ status: 'early' }), [early])
  assert.equal(ids({ status: 'expired' }), [expired])
  assert.equal(ids({ room: 'c' }), [])
  assert.equal([record.knowsRoom('a'), record.knowsRoom('c')], [true, false])
  record.close()
})

test('pages go on where they stopped, also after the row at the seam is deleted', async () => {
  const record = openIn(tempFolder())
  for (let count = 0; count < 5; count++) record.mint({ room: `r${count}`, roles: ['guest'] }, by(NOW))
  const rooms = (page: ReturnType<typeof record.listCodes>) => page.codes.map(({ room }) => room)
  const first = record.listCodes({ limit: 2 }, NOW)
  assert.equal(rooms(first), ['r0', 'r1'])
  const rest = record.listCodes({ limit: 3, after: first.next ?? '' }, NOW)
  assert.equal([rooms(rest), rest.next], [['r2', 'r3', 'r4'], null])
  record.mint({ room: 'late', roles: ['guest'], expiresAt: NOW + 3 * DAY }, by(NOW))
  await record.sweep(NOW + 2 * DAY)
  assert.equal(rooms(record.listCodes({ limit: 9, after: first.next ?? '' }, NOW)), ['late'])
  record.close()
})

test('a taken hash is not taken over: the next attempt is used, and found again by its key', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const database = new Database(join(folder, 'wartezimmer.db'))
  // Skips the first attempt, whose id is the first of its millisecond, as a taken hash would be.
  database.exec(
    "CREATE TRIGGER taken BEFORE INSERT ON codes WHEN substr(NEW.id, 15, 4) = '7000' BEGIN SELECT RAISE(IGNORE); END",
  )
  const minted = record.mint({ room: 'r1', roles: ['guest'] }, by(NOW), 'k')
  assert.is(minted.codes[0]?.id.slice(14, 18), '7001')
  assert.equal(record.mint({ room: 'r1', roles: ['guest'] }, by(NOW + 1), 'k'), minted)
  database.close()
  record.close()
})

test.run()
