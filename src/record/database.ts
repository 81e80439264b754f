/** SQLite files: how they are opened, and what makes deleted rows vanish from them. */
import { chmodSync, closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import { StartupError } from '../config/startup-error.ts'

export type Database = Sqlite.Database

/**
 * Opens a database for writing, and makes it where it is missing.
 * @param exclusive whether nobody else may have it open, for as long as we do
 */
export function openFile(path: string, { exclusive }: { exclusive: boolean }): Database {
  makeFile(path)
  const db = new Sqlite(path, { timeout: 0 })
  try {
    if (exclusive) db.pragma('main.locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    // In WAL mode only FULL keeps what was committed through a power failure.
    db.pragma('synchronous = FULL')
    // A page that becomes free is filled with zeros.
    db.pragma('secure_delete = ON')
    db.pragma('temp_store = MEMORY')
    if (exclusive) db.exec('BEGIN EXCLUSIVE; COMMIT')
    return db
  } catch (fault) {
    db.close()
    throw fault
  }
}

/**
 * Made by us, since SQLite would let the umask decide; its -wal and -shm take over these rights. One that is there
 * is not opened: closing it again would let go of the lock that another part of this process holds on it.
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
  }
  chmodSync(path, 0o600)
}

/**
 * Opens a database that is there only to look at it, and leaves nothing beside it. Reading makes a -wal and a -shm, which
 * only who may write takes away again; but where there is a -wal, who may write would write that back.
 * @param timeout for how long it waits for others, in ms
 */
export const openToRead = (path: string, timeout: number): Database =>
  new Sqlite(path, { readonly: existsSync(`${path}-wal`), fileMustExist: true, timeout })

export const versionOf = (db: Database): number => db.pragma('user_version', { simple: true }) as number

/** @throws StartupError for a schema that this program does not know */
export function refuseNewer(db: Database, known: number): void {
  const version = versionOf(db)
  if (version <= known) return
  throw new StartupError(
    `The database ${db.name} has schema version ${version}, this program knows versions up to ${known}: ` +
      'start a newer program, or restore an older database',
  )
}

/** Whether an error says that somebody else holds a lock. */
export const isBusy = (error: unknown): boolean => /^SQLITE_BUSY/.test((error as { code?: string }).code ?? '')

/**
 * Before much is written, so that a full disk says no at once, and not when most of it is done.
 * @throws what SQLite would throw, SQLITE_FULL, where so many bytes are not free
 */
export function expectRoom(db: Database, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(db.name))
  if (bavail * bsize < bytes) throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
}

/** Writes the log back into the database and empties it. @returns false where somebody else reads it: try later */
export function emptyLog(db: Database): boolean {
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
  return result?.busy === 0
}

/** How many bytes a database and its log take on the disk. */
export const bytesOf = (path: string): number =>
  [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
