/** The audit of what admins do, erasing on request, and the data inventory. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inventory } from '../src/record/inventory.ts'
import {
  by,
  bytesIn,
  DAY,
  HOUR,
  keepSessions,
  NOW,
  openIn,
  readElsewhere,
  refused,
  tempFolder,
} from './record-support.ts'

const lines = (record: ReturnType<typeof openIn>) =>
  record.listAudit({ limit: 99 }).entries.map(({ at, admin, action, target }) => [at - NOW, admin, action, target])

const ended = (id: string) => ({
  id,
  room: 'r1',
  start: NOW,
  end: NOW + HOUR,
  participants: 2,
  reason: 'left' as const,
  reference: 'case-7',
})

test('R40: whatever an admin does is a line: when, by which token, what, and to which id', () => {
  const record = openIn(tempFolder())
  const [host, guest] = record.mint({ roles: ['host', 'guest'], reference: 'case-7' }, by(NOW)).codes
  const [hostId = '', guestId = ''] = [host?.id, guest?.id]
  record.moveCode(guestId, { expiresAt: NOW + 2 * DAY }, by(NOW + 1, 'software'))
  record.revokeCode(hostId, by(NOW + 2))
  record.eraseCode(hostId, by(NOW + 3))
  const id = record.newId(NOW)
  keepSessions(record, [ended(id)])
  record.listSessions({ limit: 9 }, by(NOW + 4))
  record.eraseSession(id, by(NOW + 5))
  assert.equal(lines(record), [
    [0, 'practice', 'mint_code', hostId],
    [0, 'practice', 'mint_code', guestId],
    [1, 'software', 'move_code', guestId],
    [2, 'practice', 'revoke_code', hostId],
    [3, 'practice', 'erase_code', hostId],
    [4, 'practice', 'read_sessions', null],
    [5, 'practice', 'erase_session', id],
  ])
  record.close()
})

test('R40: what was refused or changed nothing is no line; codes that are shown again are', () => {
  const record = openIn(tempFolder())
  const request = { roles: ['guest'] as const }
  const { id = '' } = record.mint(request, by(NOW), 'key').codes[0] ?? {}
  refused('window_invalid', () => record.mint({ ...request, expiresAt: NOW }, by(NOW)))
  refused('window_invalid', () => record.moveCode(id, { expiresAt: NOW }, by(NOW)))
  for (const act of [record.revokeCode, record.eraseCode]) refused('code_unknown', () => act('nobody', by(NOW)))
  refused('not_found', () => record.eraseSession('nobody', by(NOW)))
  record.mint(request, by(NOW + 1), 'key')
  record.revokeCode(id, by(NOW + 2))
  record.revokeCode(id, by(NOW + 3))
  assert.equal(lines(record), [
    [0, 'practice', 'mint_code', id],
    [1, 'practice', 'mint_code', id],
    [2, 'practice', 'revoke_code', id],
  ])
  record.close()
})

test('R40: an action whose line cannot be written does not happen', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const { id = '' } = record.mint({ roles: ['guest'] }, by(NOW)).codes[0] ?? {}
  const database = new Database(join(folder, 'wartezimmer.db'))
  database.exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
  database.close()
  assert.throws(() => record.mint({ roles: ['guest'] }, by(NOW)))
  assert.throws(() => record.revokeCode(id, by(NOW)))
  assert.throws(() => record.eraseCode(id, by(NOW)))
  assert.equal(
    record.listCodes({ limit: 9 }, NOW).codes.map(({ id, status }) => [id, status]),
    [[id, 'valid']],
  )
  record.close()
})

test('R40: lines are kept as long as sessions, and listed by time, page by page', async () => {
  const record = openIn(tempFolder())
  for (const after of [0, 1, 2]) record.listSessions({ limit: 9 }, by(NOW + after))
  const ats = ({ entries }: ReturnType<typeof record.listAudit>) => entries.map(({ at }) => at - NOW)
  assert.equal(ats(record.listAudit({ limit: 9, from: NOW + 1, to: NOW + 2 })), [1])
  const first = record.listAudit({ limit: 2 })
  assert.equal([ats(first), ats(record.listAudit({ limit: 2, after: first.next ?? '' }))], [[0, 1], [2]])
  assert.equal(await record.sweep(NOW + 30 * DAY - 1), { deleted: 0, remaining: false })
  assert.equal(await record.sweep(NOW + 30 * DAY), { deleted: 1, remaining: false })
  assert.equal(ats(record.listAudit({ limit: 9 })), [1, 2])
  record.close()
})

test('R38: an erased code is in no file any more, nor what its Idempotency-Key left; it is then unknown', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const mint = (room: string) => record.mint({ room, roles: ['guest'], reference: `${room}-case` }, by(NOW), room)
  const [gone, stays] = [mint('canary').codes[0], mint('room2').codes[0]]
  const database = new Database(join(folder, 'wartezimmer.db'), { readonly: true })
  const hashes = database.prepare('SELECT hash, mint FROM codes WHERE room = ?').get('canary') as object
  database.close()
  assert.is(record.eraseCode(gone?.id ?? '', by(NOW)), true, 'wiped')
  assert.not.ok(bytesIn(folder).includes('canary'))
  for (const hash of Object.values(hashes)) assert.not.ok(bytesIn(folder).includes(hash))
  refused('code_unknown', () => record.checkCode(gone?.symbols ?? '', NOW))
  assert.is(record.checkCode(stays?.symbols ?? '', NOW).room, 'room2')
  record.close()
})

test('R38: with an open reader an erasure says that it is not wiped yet, and it is wiped later', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const { id = '' } = record.mint({ room: 'canary', roles: ['guest'] }, by(NOW)).codes[0] ?? {}
  const reader = readElsewhere(folder)
  assert.is(record.eraseCode(id, by(NOW)), false)
  assert.is(record.sweepState().remaining, true)
  reader.close()
  record.retryWipe()
  assert.is(record.sweepState().remaining, false)
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R37: the inventory names every table and column of the database, and no other', () => {
  const folder = tempFolder()
  openIn(folder).close()
  const database = new Database(join(folder, 'wartezimmer.db'), { readonly: true })
  const columns = database
    .prepare(
      `SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
    )
    .pluck()
    .all() as string[]
  database.close()
  const listed = inventory({ retentionDays: 30, sweepMinutes: 60, resumeSeconds: 120 })
    .filter(({ where }) => where === 'database')
    .flatMap(({ name, columns }) => Object.keys(columns).map((column) => `${name}.${column}`))
  assert.ok(columns.length > 20)
  assert.equal(listed.sort(), columns.sort())
})

test.run()
