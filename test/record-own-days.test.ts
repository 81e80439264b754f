/** R90: what a practice asks for opens no table of a day on which only others have rows. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RecordStore } from '../src/record/record.ts'
import { by, codeOf, DAY, elsewhere, HOUR, keepSessions, NOW, openIn, refused, tempFolder } from './record-support.ts'

const at = (now: number) => by(now, 'nord', 'nord-')
const provider = (now: number) => by(now, 'provider')

/** Whatever opens these tables fails from now on: what they are said to begin with is a page of another kind. */
function breakTables(folder: string, names: readonly string[]): void {
  elsewhere(folder, (db) => {
    db.unsafeMode()
    db.pragma('writable_schema = ON')
    for (const place of [1, 2, 3, 4]) db.exec(`CREATE TABLE IF NOT EXISTS another_kind_${place} (value)`)
    const broken = db.prepare(
      `UPDATE sqlite_schema SET rootpage = (SELECT other.rootpage FROM sqlite_schema AS other WHERE other.name = 'another_kind_'
         || (SELECT count(*) FROM sqlite_schema AS before WHERE before.tbl_name = @name AND before.rowid <= sqlite_schema.rowid))
       WHERE tbl_name = @name`,
    )
    for (const name of names) assert.ok(broken.run({ name }).changes > 0, name)
    db.pragma(`schema_version = ${(db.pragma('schema_version', { simple: true }) as number) + 1}`)
  })
}

const dayNames = (kind: string, instants: readonly number[]) =>
  instants.map((instant) => `${kind}_${new Date(instant).toISOString().slice(0, 10).replaceAll('-', '')}`)

/** Of each list of a practice's, how many rows it has. */
async function counts(record: RecordStore, now: number, room?: string) {
  const { codes } = await record.listCodes({ limit: 99, room }, at(now))
  const { sessions } = await record.listSessions({ limit: 99, room }, at(now))
  const { entries } = await record.listAudit({ limit: 99 }, at(now))
  return [codes.length, sessions.length, entries.length]
}

const session = (record: RecordStore, room: string, start: number) => {
  return { id: record.newId(start), room, start, end: start, participants: 2, reason: 'left' as const, reference: null }
}

async function mint(record: RecordStore, room: string, expiresAt: number, who = provider(NOW)): Promise<string> {
  const { codes } = await record.mint({ room, roles: ['guest'], expiresAt }, who)
  return codes[0]?.id ?? ''
}

test('all that a practice asks for, other than to mint, opens only tables of days on which it has rows', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await record.knowPractices(['nord-', 'süd-'])
  await counts(record, NOW)
  const [first, last] = [NOW, NOW + 9 * DAY]
  const own = [await mint(record, 'nord-1', first + HOUR, at(first)), await mint(record, 'nord-1', last, at(first))]
  const [ownSession = ''] = [session(record, 'nord-1', first)].map((one) => one.id)
  await keepSessions(record, [{ ...session(record, 'nord-1', first), id: ownSession }])
  const days = Array.from({ length: 9 }, (_, index) => NOW - index * DAY)
  const others = session(record, 'süd-1', NOW - 5 * DAY)
  await keepSessions(record, [...days.slice(1).map((start) => session(record, 'süd-1', start)), others])
  const foreign = []
  for (const [place, start] of days.slice(1).entries()) {
    const who = place % 2 === 0 ? provider(start) : by(start, 'süd', 'süd-')
    foreign.push(await mint(record, 'süd-1', NOW + (NOW - start), who))
  }
  const before = await counts(record, NOW)

  const due = [3, 4, 5, 6, 7, 8, 9].map((day) => NOW + day * DAY)
  breakTables(folder, [
    ...dayNames('codes', due),
    ...dayNames('sessions', days.slice(1)),
    ...dayNames('audit', days.slice(1)),
  ])
  for (const act of [record.listCodes, record.listSessions, record.listAudit] as const)
    assert.is(await codeOf(() => act({ limit: 99 }, provider(NOW))), 'SQLITE_CORRUPT', 'who looks there fails')

  const [codes = 0, sessions = 0, lines = 0] = before
  assert.equal([codes, sessions], [2, 1])
  assert.equal(await counts(record, NOW), [codes, sessions, lines + 1])
  assert.equal((await counts(record, NOW, 'nord-1')).slice(0, 2), [2, 1])
  assert.equal((await counts(record, NOW, 'süd-1')).slice(0, 2), [0, 0])
  for (const id of foreign) {
    for (const act of [record.getCode, record.revokeCode, record.eraseCode])
      await refused('code_unknown', () => act(id, at(NOW)))
    await refused('code_unknown', () => record.moveCode(id, { expiresAt: NOW + HOUR }, at(NOW)))
  }
  await refused('not_found', () => record.eraseSession(others.id, at(NOW)))
  assert.equal([await record.knowsRoom('nord-1', at(NOW)), await record.knowsRoom('süd-1', at(NOW))], [true, false])
  for (const id of own) assert.is((await record.getCode(id, at(NOW))).id, id)
  await record.moveCode(own[0] ?? '', { expiresAt: last + HOUR }, at(NOW))
  assert.is((await record.revokeCode(own[0] ?? '', at(NOW))).status, 'revoked')
  await record.eraseCode(own[1] ?? '', at(NOW))
  await record.eraseSession(ownSession, at(NOW))
  assert.equal((await counts(record, NOW)).slice(0, 2), [1, 0])

  // For a room of others nothing is opened at all: where both have rows it would tell how many the others have.
  breakTables(folder, [...dayNames('codes', [last + DAY]), ...dayNames('sessions', [first])])
  for (const act of [record.listCodes, record.listSessions] as const)
    assert.is(await codeOf(() => act({ limit: 99, room: 'nord-1' }, at(NOW))), 'SQLITE_CORRUPT')
  assert.equal((await record.listCodes({ limit: 99, room: 'süd-1' }, at(NOW))).codes, [])
  assert.equal((await record.listSessions({ limit: 99, room: 'süd-1' }, at(NOW))).sessions, [])
  assert.is(await record.knowsRoom('süd-1', at(NOW)), false)
  await record.close()
})

test('whatever day a row comes to after a practice has asked, and by whom, the practice sees it', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await record.knowPractices(['nord-', 'süd-'])
  assert.equal(await counts(record, NOW), [0, 0, 1])
  const ids = []
  for (const day of [0, 1, 2, 7])
    ids.push(await mint(record, 'nord-1', NOW + HOUR + day * DAY, provider(NOW + day * HOUR)))
  await keepSessions(
    record,
    [3, 2, 1].map((day) => session(record, 'nord-2', NOW - day * DAY)),
  )
  assert.equal(await counts(record, NOW), [4, 3, 1 + ids.length + 1])
  await record.moveCode(ids[0] ?? '', { expiresAt: NOW + 20 * DAY }, provider(NOW))
  assert.is((await counts(record, NOW))[0], 4)
  const later = NOW + DAY
  const [, , lines = 0] = await counts(record, NOW)
  await record.listSessions({ limit: 9 }, provider(later))
  await record.listSessions({ limit: 9, room: 'nord-1' }, provider(later))
  await record.listSessions({ limit: 9, room: 'süd-1' }, provider(later))
  const { entries } = await record.listAudit({ limit: 99 }, at(later))
  assert.equal(
    entries.filter((line) => line.at === later).map(({ action }) => action),
    ['read_sessions', 'read_sessions'],
    'of its own rooms, and of all',
  )
  assert.ok(entries.length > lines)
  const last = NOW + 2 * DAY
  await record.listSessions({ limit: 9 }, provider(last))
  assert.is((await record.listAudit({ limit: 99 }, at(last))).entries.at(-1)?.at, last, 'that alone on a day, too')

  // What goes with its day goes for it alone, and what could not be deleted after all is still there.
  await record.sweep(NOW + 3 * DAY)
  await mint(record, 'nord-1', NOW + 30 * DAY, provider(NOW + 3 * DAY))
  assert.is((await counts(record, NOW + 3 * DAY))[0], 4)
  elsewhere(folder, (db) => db.exec("CREATE TRIGGER t BEFORE INSERT ON deletions BEGIN SELECT RAISE(ABORT, 'no'); END"))
  assert.ok((await record.sweep(NOW + 40 * DAY)).failed)
  assert.is((await counts(record, NOW + 3 * DAY))[0], 4)
  await record.close()
})

test.run()
