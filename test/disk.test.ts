/** Whatever is done to the record, those who are in a call do not notice: it has a thread and a file of its own (R61). */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SeatRecord } from '../src/contract/records.ts'
import type { RecordStore } from '../src/record/record.ts'
import {
  by,
  bytesIn,
  codeOf,
  DAY,
  elsewhere,
  endedSession,
  keepSessions,
  NOW,
  openIn,
  refused,
  tempFolder,
} from './record-support.ts'
import { startServer } from './server-support.ts'

const seat = (peer: string): SeatRecord => ({
  ...{ peer, room: 'r1', role: 'guest', state: 'waiting', code: 'c', since: NOW, turn: 0, guests: 1 },
  ...{ reference: null, token: 'h', epoch: 1, lastId: 0 },
})

const take = (record: RecordStore, peer: string) => record.persist([{ change: 'seat', seat: seat(peer) }])

/** Another program that has begun to write, and does not come to an end. */
function lock(folder: string): Database.Database {
  const db = new Database(join(folder, 'wartezimmer.db'))
  db.exec('BEGIN IMMEDIATE')
  return db
}

/** Commits and looks codes up, again and again, until something is done. @returns how often */
async function meanwhile(record: RecordStore, symbols: string, something: Promise<unknown>): Promise<number> {
  let done = false
  something.finally(() => (done = true)).catch(() => {})
  for (let count = 0; ; count++) {
    await take(record, 'p1')
    record.checkCode(symbols, NOW)
    await turn()
    if (done) return count
  }
}

async function openWithCode() {
  const folder = tempFolder()
  const record = await openIn(folder)
  const { codes } = await record.mint({ roles: ['guest'], expiresAt: NOW + 80 * DAY }, by(NOW))
  return { folder, record, id: codes[0]?.id ?? '', symbols: codes[0]?.symbols ?? '' }
}

test("while another program holds the record's lock seats are written and codes looked up; admins are told to come again", async () => {
  const { folder, record, id, symbols } = await openWithCode()
  const held = lock(folder)
  const session = endedSession(record)
  const asked = [
    refused('server_busy', () => record.mint({ roles: ['guest'] }, by(NOW))),
    refused('server_busy', () => record.revokeCode(id, by(NOW))),
    refused('server_busy', () => record.listSessions({ limit: 9 }, by(NOW))),
    refused('server_busy', () => record.eraseCode(id, by(NOW))),
  ]
  await keepSessions(record, [session])
  assert.ok((await meanwhile(record, symbols, Promise.all(asked))) > 10)
  for (const refusal of await Promise.all(asked)) assert.ok((refusal.facts.retryAfter ?? 0) > 0)
  assert.equal(
    (await record.listAudit({ limit: 9 }, by(NOW))).entries.length,
    1,
    'reading is possible, and nothing was done',
  )
  await record.close()
  const next = await openIn(folder)
  assert.is(next.checkCode(symbols, NOW).code, id, 'a server starts meanwhile')
  await next.restore()
  held.exec('ROLLBACK')
  held.close()
  await next.retry()
  assert.equal(
    elsewhere(folder, (db) => db.prepare('SELECT id FROM sessions').pluck().all()),
    [session.id],
    'what ended meanwhile is in the record',
  )
})

test("over both doors: a seat that runs out while the record is locked stops nobody's signals", async () => {
  const server = await startServer()
  const { host, guest, hostPeer, guestPeer, room } = await server.consultation()
  const { codes } = await server.mint({ room, roles: ['guest'] })
  const other = await server.join(codes[0]?.code ?? '', 'Bert')
  await host.next('knock')
  const held = lock(server.dataDir)
  other.drop()
  const mint = server.request('/v1/codes', { method: 'POST', json: {} })
  await host.next('peer-away')
  await server.pass(125)
  await host.next('peer-left')
  for (const n of [1, 2, 3]) {
    guest.send({ type: 'signal', to: hostPeer, data: { n } })
    assert.equal((await host.next('signal')).from, guestPeer)
  }
  const answer = await mint
  assert.equal([answer.status, Number(answer.headers.get('retry-after')) > 0], [503, true])
  assert.is(((await answer.json()) as { code: string }).code, 'server_busy')
  held.close()
})

/** Sessions of NOW's day, more than can be deleted unnoticed. */
async function openWithMany(count: number) {
  const opened = await openWithCode()
  await keepSessions(opened.record, [endedSession(opened.record)])
  await opened.record.retry()
  elsewhere(opened.folder, (db) =>
    db
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO sessions_20260302 SELECT printf('canary-%d', i), 'r1', ${NOW}, ${NOW}, 2, 'left', 'canary' FROM n`,
      )
      .run(count),
  )
  return opened
}

test('while a large day is written anew without one session, and while it is deleted, seats are written and codes looked up', async () => {
  const { folder, record, symbols } = await openWithMany(60_000)
  assert.ok((await meanwhile(record, symbols, record.eraseSession('canary-7', by(NOW)))) > 3)
  const sweep = record.sweep(NOW + 31 * DAY)
  assert.is(record.sweep(NOW + 31 * DAY), sweep, 'a second sweep does not run beside the first')
  assert.ok((await meanwhile(record, symbols, sweep)) > 1)
  assert.equal(await sweep, { deleted: 60_000 + 2, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('where nothing is due a sweep writes its lines in the deletion log and nothing else, however much stays', async () => {
  const { folder, record } = await openWithMany(20_000)
  await record.sweep(NOW)
  const read = (file: string) => readFileSync(join(folder, file))
  const seats = () => Buffer.concat([read('seats.db'), read('seats.db-wal')])
  /** In pieces of the size of a page. */
  const pages = () => {
    const bytes = read('wartezimmer.db')
    return Array.from({ length: bytes.length / 4096 }, (_, page) => bytes.subarray(page * 4096, (page + 1) * 4096))
  }
  const [seatsBefore, before] = [seats(), pages()]
  assert.ok(before.length > 100)
  assert.equal(await record.sweep(NOW), { deleted: 0, remaining: false })
  assert.ok(seats().equals(seatsBefore))
  const changed = pages().filter((bytes, place) => !bytes.equals(before[place] ?? Buffer.of()))
  assert.ok(changed.length <= 4, `${changed.length} pages`)
  assert.ok(read('wartezimmer.db-wal').length <= 5 * 4200)
})

test('a commit that fails is told with its code, as a whole, and the next one is tried anew', async () => {
  const folder = tempFolder()
  await (await openIn(folder)).close()
  const db = new Database(join(folder, 'seats.db'))
  db.exec("CREATE TRIGGER full BEFORE INSERT ON seats WHEN NEW.peer = 'full' BEGIN SELECT RAISE(ABORT, 'full'); END")
  db.close()
  const record = await openIn(folder)
  const both = ['p1', 'full'].map((peer) => ({ change: 'seat' as const, seat: seat(peer) }))
  assert.is(await codeOf(() => record.persist(both)), 'SQLITE_CONSTRAINT_TRIGGER')
  await take(record, 'p2')
  assert.equal(
    (await record.restore()).seats.map(({ peer }) => peer),
    ['p2'],
  )
})

test.run()
