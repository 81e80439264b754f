/** The audit of what admins do, erasing on request, and the data inventory. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inventory } from '../src/record/inventory.ts'
import type { RecordStore } from '../src/record/record.ts'
import { by, bytesIn, codeOf, DAY, elsewhere, HOUR, NOW, openIn, refused, tempFolder } from './record-support.ts'

const KEY = randomUUID()

const lines = async (record: RecordStore) => {
  const { entries } = await record.listAudit({ limit: 99 }, by(NOW))
  return entries.map(({ at, admin, action, target }) => [at - NOW, admin, action, target])
}

const _ended = (id: string) => ({
  id,
  room: 'r1',
  start: NOW,
  end: NOW + HOUR,
  participants: 2,
  reason: 'left' as const,
  reference: 'case-7',
})

test('R40: what was refused or changed nothing is no line; codes that are shown again are', async () => {
  const record = await openIn(tempFolder())
  const request = { roles: ['guest'] as const }
  const { id = '' } = (await record.mint(request, by(NOW), KEY)).codes[0] ?? {}
  await refused('window_invalid', () => record.mint({ ...request, expiresAt: NOW }, by(NOW)))
  await refused('window_invalid', () => record.moveCode(id, { expiresAt: NOW }, by(NOW)))
  for (const act of [record.revokeCode, record.eraseCode])
    await refused('code_unknown', async () => act('nobody', by(NOW)))
  await refused('not_found', () => record.eraseSession('nobody', by(NOW)))
  await record.mint(request, by(NOW + 1), KEY)
  await record.revokeCode(id, by(NOW + 2))
  await record.revokeCode(id, by(NOW + 3))
  assert.equal(await lines(record), [
    [0, 'practice', 'mint_code', id],
    [1, 'practice', 'mint_code', id],
    [2, 'practice', 'revoke_code', id],
  ])
})

test('R40: an action whose line cannot be written does not happen', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const { id = '' } = (await record.mint({ roles: ['guest'] }, by(NOW))).codes[0] ?? {}
  elsewhere(folder, (db) =>
    db.exec("CREATE TRIGGER full BEFORE INSERT ON audit_20260302 BEGIN SELECT RAISE(ABORT, 'full'); END"),
  )
  for (const act of [
    () => record.mint({ roles: ['guest'] }, by(NOW)),
    () => record.revokeCode(id, by(NOW)),
    () => record.eraseCode(id, by(NOW)),
  ]) {
    assert.is(await codeOf(act), 'SQLITE_CONSTRAINT_TRIGGER')
  }
  const { codes } = await record.listCodes({ limit: 9 }, by(NOW))
  assert.equal(
    codes.map(({ id, status }) => [id, status]),
    [[id, 'valid']],
  )
})

test('R40: lines are kept as long as sessions, and listed by time, page by page', async () => {
  const record = await openIn(tempFolder())
  for (const after of [0, 1, 2]) await record.listSessions({ limit: 9 }, by(NOW + after))
  const ats = async (wanted: object, now = NOW) => {
    const { entries, next } = await record.listAudit({ limit: 9, ...wanted }, by(now))
    return { ats: entries.map(({ at }) => at - NOW), next }
  }
  assert.equal((await ats({ from: NOW + 1, to: NOW + 2 })).ats, [1])
  const first = await ats({ limit: 2 })
  assert.equal([first.ats, (await ats({ limit: 2, after: first.next })).ats], [[0, 1], [2]])
  assert.equal((await ats({}, NOW + 30 * DAY - 1)).ats, [0, 1, 2])
  assert.equal((await ats({}, NOW + 30 * DAY)).ats, [1, 2], 'nobody sees it any more')
  assert.is((await record.sweep(NOW + 30 * DAY)).deleted, 0)
  assert.is((await record.sweep(NOW + 31 * DAY)).deleted, 3)
})

test('R38: an erased code is in no file any more, nor what its Idempotency-Key left; it is then unknown', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const mint = async (room: string) => {
    const { codes } = await record.mint({ room, roles: ['guest'], reference: `${room}-case` }, by(NOW), randomUUID())
    return codes[0]
  }
  const [gone, stays] = [await mint('canary'), await mint('room2')]
  const hashes = elsewhere(folder, (db) =>
    db.prepare("SELECT hash, mint, request, salt FROM codes WHERE room = 'canary'").get(),
  ) as Record<string, Buffer>
  assert.is(await record.eraseCode(gone?.id ?? '', by(NOW)), true, 'wiped')
  assert.not.ok(bytesIn(folder).includes('canary'))
  assert.is(Object.keys(hashes).length, 4)
  for (const hash of Object.values(hashes)) assert.not.ok(bytesIn(folder).includes(hash))
  await refused('code_unknown', () => record.checkCode(gone?.symbols ?? '', NOW))
  assert.is(record.checkCode(stays?.symbols ?? '', NOW).room, 'room2')
})

test('R37: the inventory names every table and column of the databases, and no other', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await record.mint({ roles: ['guest'] }, by(NOW))
  await record.close()
  const columns = ['seats.db', 'wartezimmer.db'].flatMap((file) => {
    const database = new Database(join(folder, file), { readonly: true })
    const names = database
      .prepare<[], string>(
        `SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
      )
      .pluck()
      .all()
    database.close()
    // There is one of a kind for each day.
    return names.map((name) => name.replace(/_\d+\./, '.'))
  })
  const listed = inventory({ retentionDays: 30, sweepMinutes: 60, resumeSeconds: 120 })
    .filter(({ where }) => where === 'database')
    .flatMap(({ name, columns }) => Object.keys(columns).map((column) => `${name}.${column}`))
  assert.ok(columns.length > 20)
  assert.equal(listed.sort(), [...new Set(columns)].sort())
})

test.run()
