/** Data folders of earlier schema versions: taken over once, whole, and without a trace. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { StartupError } from '../src/config/startup-error.ts'
import { hashCode } from '../src/record/codes.ts'
import { by, bytesIn, DAY, elsewhere, HOUR, NOW, openIn, tempFolder } from './record-support.ts'

const KEY = 'k'.repeat(40)

/** A folder with a key, and a database with nothing in it. */
function emptyFolder() {
  const folder = tempFolder()
  writeFileSync(join(folder, 'code.key'), KEY, { mode: 0o600 })
  writeFileSync(join(folder, 'wartezimmer.db'), '', { mode: 0o600 })
  const db = new Database(join(folder, 'wartezimmer.db'))
  db.pragma('journal_mode = WAL')
  return { folder, db }
}

/** As version 3 made it, in which everything lay in one file. */
const SCHEMA = `
  CREATE TABLE mints (id BLOB PRIMARY KEY, request BLOB NOT NULL, salt BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE codes (
    id TEXT PRIMARY KEY, room TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('guest', 'host')),
    hash BLOB NOT NULL UNIQUE, reference TEXT, guests INTEGER NOT NULL, not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER, mint BLOB REFERENCES mints (id)
  ) STRICT;
  CREATE INDEX codes_room ON codes (room, id);
  CREATE INDEX codes_expires_at ON codes (expires_at);
  CREATE INDEX codes_created_at ON codes (created_at);
  CREATE INDEX codes_mint ON codes (mint) WHERE mint IS NOT NULL;
  CREATE TRIGGER last_code_of_mint AFTER DELETE ON codes WHEN OLD.mint IS NOT NULL BEGIN
    DELETE FROM mints WHERE id = OLD.mint AND NOT EXISTS (SELECT 1 FROM codes WHERE mint = OLD.mint);
  END;
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, room TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
    participants INTEGER NOT NULL, reason TEXT, reference TEXT
  ) STRICT;
  CREATE INDEX sessions_room ON sessions (room, id);
  CREATE INDEX sessions_started_at ON sessions (started_at);
  CREATE TABLE seats (
    peer TEXT PRIMARY KEY, room TEXT NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL,
    since INTEGER NOT NULL, turn INTEGER NOT NULL, guests INTEGER NOT NULL, reference TEXT, token TEXT NOT NULL,
    epoch INTEGER NOT NULL, last_id INTEGER NOT NULL
  ) STRICT;
  ALTER TABLE sessions ADD COLUMN codes TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE sessions ADD COLUMN cut_off INTEGER;
  CREATE TABLE process (last_alive INTEGER NOT NULL) STRICT;
  CREATE TABLE audit (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, admin TEXT NOT NULL, action TEXT NOT NULL, target TEXT
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  PRAGMA user_version = 3;
`

/** Two days of each kind, a seat in a running session, and what version 3 would delete with its next sweep. */
function oldFolder(): string {
  const { folder, db } = emptyFolder()
  db.exec(SCHEMA)
  const session = db.prepare("INSERT INTO sessions VALUES (?, 'r1', ?, ?, 2, ?, 'case-7', ?, NULL)")
  session.run('s1', NOW - DAY, NOW - DAY + HOUR, 'left', '[]')
  session.run('s2', NOW, NOW + HOUR, 'ended', '[]')
  session.run('s3', NOW, null, null, '["c1"]')
  db.exec("INSERT INTO mints VALUES (x'01', x'02', x'03')")
  const code = db.prepare("INSERT INTO codes VALUES (?, ?, 'guest', ?, NULL, 1, ?, ?, ?, NULL, ?)")
  code.run('c1', 'r1', hashCode(KEY, 'K7M4XQ9TP'), NOW, NOW + DAY, NOW, Buffer.from([1]))
  code.run('c2', 'r2', Buffer.from('other'), NOW, NOW + 9 * DAY, NOW, null)
  code.run('c3', 'canary', Buffer.from('due'), NOW, NOW + HOUR, NOW - 90 * DAY, null)
  db.prepare("INSERT INTO seats VALUES ('p1', 'r1', 'guest', 'admitted', 'c1', ?, 1, 1, NULL, 'token', 4, 7)").run(NOW)
  db.prepare('INSERT INTO process VALUES (?)').run(NOW + 5)
  db.prepare("INSERT INTO audit VALUES ('a1', ?, 'practice', 'mint_code', 'c1')").run(NOW)
  db.close()
  return folder
}

test('everything is found again: codes open, seats and running sessions go on, the record and the audit are whole', async () => {
  const folder = oldFolder()
  const record = await openIn(folder)
  assert.is(record.checkCode('K7M-4XQ-9TP', NOW).code, 'c1')
  const { seats, sessions } = await record.restore()
  assert.equal(
    seats.map(({ peer, epoch, lastId }) => [peer, epoch, lastId]),
    [['p1', 5, 7]],
  )
  assert.equal(
    sessions.map(({ id, codes, cutOff }) => [id, codes, cutOff]),
    [['s3', ['c1'], NOW + 5]],
  )
  const listed = await record.listSessions({ limit: 9 }, by(NOW + DAY))
  assert.equal(
    listed.sessions.map(({ id, end, reference }) => [id, end, reference]),
    [
      ['s1', NOW - DAY + HOUR, 'case-7'],
      ['s2', NOW + HOUR, 'case-7'],
      ['s3', null, 'case-7'],
    ],
  )
  const { entries } = await record.listAudit({ limit: 9, to: NOW + 1 }, by(NOW))
  assert.equal(
    entries.map(({ id, at }) => [id, at]),
    [['a1', NOW]],
  )
  const mints = elsewhere(folder, (db) => db.prepare("SELECT id, salt FROM codes WHERE mint = x'01'").all())
  assert.equal(mints, [{ id: 'c1', salt: Buffer.from([3]) }])
  assert.is((await record.sweep(NOW)).deleted, 1)
  assert.not.ok(bytesIn(folder).includes('canary'))
  await record.close()
  // The second start finds what the first one made.
  const again = await openIn(folder)
  assert.is((await again.restore()).seats[0]?.epoch, 6)
})

test('what cannot be taken over leaves the folder as it was, and is tried again', async () => {
  const folder = oldFolder()
  const lock = new Database(join(folder, 'wartezimmer.db'))
  lock.exec('BEGIN IMMEDIATE')
  try {
    await openIn(folder)
    assert.unreachable()
  } catch (fault) {
    assert.instance(fault, StartupError)
  }
  assert.is(lock.pragma('user_version', { simple: true }), 3)
  lock.exec('UPDATE seats SET last_id = 8; COMMIT')
  lock.close()
  const record = await openIn(folder)
  assert.is((await record.restore()).seats[0]?.lastId, 8)
})

/** As version 4 made it, with a day of each kind. */
const SCHEMA_4 = (
  [
    [
      'codes',
      20260303,
      `id TEXT PRIMARY KEY, room TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('guest', 'host', 'staff')),
       hash BLOB NOT NULL UNIQUE, reference TEXT, guests INTEGER NOT NULL, not_before INTEGER NOT NULL,
       expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER, mint BLOB, request BLOB, salt BLOB`,
      ['(room, id)', '(mint) WHERE mint IS NOT NULL'],
    ],
    [
      'sessions',
      20260302,
      `id TEXT PRIMARY KEY, room TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
       participants INTEGER NOT NULL, reason TEXT, reference TEXT`,
      ['(room, id)'],
    ],
    [
      'audit',
      20260302,
      'id TEXT PRIMARY KEY, at INTEGER NOT NULL, admin TEXT NOT NULL, action TEXT NOT NULL, target TEXT',
      [],
    ],
  ] as const
).flatMap(([name, full, columns, indexes]) => [
  ...[0, full].flatMap((day) => [
    `CREATE TABLE ${name}_${day} (${columns}) STRICT, WITHOUT ROWID`,
    ...indexes.map((index, place) => `CREATE INDEX ${name}_${day}_${place} ON ${name}_${day} ${index}`),
  ]),
  `CREATE VIEW ${name} AS SELECT 0 AS day, * FROM ${name}_0 UNION ALL SELECT ${full} AS day, * FROM ${name}_${full}`,
])

function folderOfVersion4(): string {
  const { folder, db } = emptyFolder()
  db.exec([...SCHEMA_4, 'CREATE TABLE code_key (proof BLOB NOT NULL) STRICT', 'PRAGMA user_version = 4'].join(';'))
  const code = db.prepare("INSERT INTO codes_20260303 VALUES ('c1', 'r1', 'guest', ?, NULL, 1, ?, ?, ?, NULL, ?, ?, ?)")
  code.run(hashCode(KEY, 'K7M4XQ9TP'), NOW, NOW + HOUR, NOW, Buffer.from([1]), Buffer.from([2]), Buffer.from([3]))
  db.prepare("INSERT INTO sessions_20260302 VALUES ('s1', 'r1', ?, ?, 2, 'left', 'case-7')").run(NOW, NOW + HOUR)
  db.prepare("INSERT INTO audit_20260302 VALUES ('a1', ?, 'practice', 'mint_code', 'c1')").run(NOW)
  db.close()
  return folder
}

test('a folder of version 4 gets a deletion log that begins empty, and keeps everything else', async () => {
  const folder = folderOfVersion4()
  const record = await openIn(folder)
  assert.is(record.checkCode('K7M-4XQ-9TP', NOW).code, 'c1')
  assert.equal(
    (await record.listSessions({ limit: 9 }, by(NOW))).sessions.map(({ id, reference }) => [id, reference]),
    [['s1', 'case-7']],
  )
  assert.is((await record.listAudit({ limit: 9 }, by(NOW))).entries.at(-1)?.id, 'a1')
  assert.equal((await record.listDeletions({ limit: 9 })).deletions, [])
  assert.is((await record.sweep(NOW + 31 * DAY)).deleted, 4)
  const { deletions } = await record.listDeletions({ limit: 9 })
  assert.equal(
    deletions.map(({ kind, deleted }) => `${kind} ${deleted}`),
    ['codes 1', 'sessions 1', 'audit 2'],
  )
  await record.close()
  const again = await openIn(folder)
  assert.is((await again.listDeletions({ limit: 9 })).deletions.length, 3)
})

test('from version 4 on the audit says whose rooms it is about; what was there before is the provider\u2019s to see', async () => {
  const folder = folderOfVersion4()
  const record = await openIn(folder)
  await record.knowPractices(['r'])
  await record.revokeCode('c1', by(NOW + 1))
  const seen = async (rooms: string) =>
    (await record.listAudit({ limit: 9 }, by(NOW, 'x', rooms))).entries.map(({ action }) => action).sort()
  assert.equal(await seen(''), ['mint_code', 'revoke_code'])
  assert.equal(await seen('r'), ['revoke_code'])
  const plan = elsewhere(folder, (db) =>
    db.prepare("EXPLAIN QUERY PLAN SELECT id FROM audit WHERE rooms IN ('', 'r') AND id > '' ORDER BY id").all(),
  )
  assert.match(JSON.stringify(plan), 'SEARCH audit_20260302 USING COVERING INDEX audit_20260302_0')
})

test.run()
