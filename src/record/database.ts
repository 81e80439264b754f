/** The SQLite file: how it is opened, which schema it has, and what makes deleted rows vanish from it. */
import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { StartupError } from '../config/startup-error.ts'
import { inFolder, makeFolder } from './folder.ts'

export type Database = Sqlite.Database

/** For how long, in ms, the server waits for another program that writes; a sweep may rewrite millions of rows. */
const PATIENCE = 5_000

/**
 * How the schema came to be: entry n leads from version n to n + 1. Entries are never changed, only
 * added. All instants are epoch milliseconds; a column may be here only if the data inventory names it.
 */
const migrations = [
  `
  CREATE TABLE mints (
    id BLOB PRIMARY KEY,
    request BLOB NOT NULL,
    salt BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE codes (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('guest', 'host')),
    hash BLOB NOT NULL UNIQUE,
    reference TEXT,
    guests INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    mint BLOB REFERENCES mints (id)
  ) STRICT;
  CREATE INDEX codes_room ON codes (room, id);
  CREATE INDEX codes_expires_at ON codes (expires_at);
  CREATE INDEX codes_created_at ON codes (created_at);
  CREATE INDEX codes_mint ON codes (mint) WHERE mint IS NOT NULL;

  CREATE TRIGGER last_code_of_mint AFTER DELETE ON codes WHEN OLD.mint IS NOT NULL BEGIN
    DELETE FROM mints WHERE id = OLD.mint AND NOT EXISTS (SELECT 1 FROM codes WHERE mint = OLD.mint);
  END;

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    participants INTEGER NOT NULL,
    reason TEXT,
    reference TEXT
  ) STRICT;
  CREATE INDEX sessions_room ON sessions (room, id);
  CREATE INDEX sessions_started_at ON sessions (started_at);
  `,
  `
  CREATE TABLE seats (
    peer TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    since INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    guests INTEGER NOT NULL,
    reference TEXT,
    token TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    last_id INTEGER NOT NULL
  ) STRICT;

  ALTER TABLE sessions ADD COLUMN codes TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE sessions ADD COLUMN cut_off INTEGER;

  CREATE TABLE process (last_alive INTEGER NOT NULL) STRICT;
  `,
  `
  CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    admin TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  `,
]

function migrate(db: Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > migrations.length) {
    throw new StartupError(
      `The database ${db.name} has schema version ${version}, this program knows versions up to ${migrations.length}: ` +
        'start a newer program, or restore an older database',
    )
  }
  db.transaction(() => {
    for (const step of migrations.slice(version)) db.exec(step)
    db.pragma(`user_version = ${migrations.length}`)
  }).immediate()
}

/**
 * Connects to a database that exists, whatever is in it.
 * @param timeout how long to wait for others that write, in ms; the whole process waits
 */
export function connect(path: string, timeout: number): Database {
  const db = new Sqlite(path, { timeout, fileMustExist: true })
  db.pragma('secure_delete = ON')
  db.pragma('temp_store = MEMORY')
  db.pragma('foreign_keys = ON')
  return db
}

/**
 * Opens the database of a data folder, makes both where they are missing, and brings the schema up to date.
 * @throws StartupError for a folder that cannot be used, a file that is no database, or one of a newer version
 */
export function openDatabase(dataDir: string): Database {
  makeFolder(dataDir)
  return inFolder(dataDir, () => {
    const path = join(dataDir, 'wartezimmer.db')
    // Made by us, since SQLite would let the umask decide; its -wal and -shm take over these rights.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    const db = connect(path, PATIENCE)
    try {
      migrate(db)
      db.pragma('journal_mode = WAL')
      // In WAL mode only FULL keeps what was committed through a power failure.
      db.pragma('synchronous = FULL')
      return db
    } catch (fault) {
      db.close()
      throw fault
    }
  })
}

/**
 * Holds the data folder for this process: two that write to one record would each give up the seats
 * of the other. The lock is the system's own, so it is gone with the process, however that ends.
 * @returns what lets go of it
 */
export function lockFolder(dataDir: string): () => void {
  makeFolder(dataDir)
  return inFolder(dataDir, () => {
    const path = join(dataDir, 'lock')
    closeSync(openSync(path, 'a', 0o600))
    const lock = new Sqlite(path, { timeout: 0 })
    try {
      lock.pragma('journal_mode = MEMORY')
      lock.exec('BEGIN EXCLUSIVE')
    } catch (fault) {
      lock.close()
      if ((fault as { code?: string }).code !== 'SQLITE_BUSY') throw fault
      throw new StartupError(`Another server is running on the data folder ${dataDir} (WZ_DATA_DIR)`)
    }
    return () => lock.close()
  })
}

/**
 * Makes deleted rows vanish from the database's files: rewrites the database, writes the log back into
 * it, and empties the log. `secure_delete` zeroes what is deleted, but not the copies that SQLite leaves
 * in the gaps of its pages whenever it moves rows between them: of 3,000 rows that one sweep deleted, two
 * to six could still be read. Takes about a millisecond for 1,000 rows that are left.
 * @returns false where somebody else is reading the database: then the log is not empty, see emptyLog
 */
export function wipe(db: Database): boolean {
  db.exec('VACUUM')
  return emptyLog(db)
}

/** Writes the log back into the database and empties it. @returns false where somebody else reads it: try later */
export function emptyLog(db: Database): boolean {
  // Signaling stands still while SQLite waits for a reader, so it does not wait.
  db.pragma('busy_timeout = 0')
  try {
    const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    return result?.busy === 0
  } finally {
    db.pragma(`busy_timeout = ${PATIENCE}`)
  }
}

/** How many bytes the database and its log take on the disk. */
export function bytesOf(db: Database): number {
  return [db.name, `${db.name}-wal`].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
