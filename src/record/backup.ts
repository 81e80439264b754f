/** A consistent copy of the record, made while the server runs, that says itself when it has to be deleted. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { StartupError } from '../config/startup-error.ts'
import { inFolder } from './folder.ts'
import { LONGEST_STAY } from './window.ts'

/** The instant at which the oldest of what is kept arose; null where nothing is kept. */
const OLDEST = `
  SELECT min(arose) FROM (
    SELECT min(started_at) AS arose FROM sessions UNION ALL
    SELECT min(created_at) FROM codes UNION ALL
    SELECT min(at) FROM audit
  )`

const sync = (path: string): void => {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

/** Made by us, since SQLite would let the umask decide; what a kill has left of an earlier one is replaced. */
function makeEmpty(target: string, part: string): void {
  try {
    mkdirSync(target, { recursive: true, mode: 0o700 })
    rmSync(part, { force: true })
    closeSync(openSync(part, 'wx', 0o600))
  } catch (fault) {
    throw new StartupError(`No copy can be made in ${target}: ${(fault as Error).message}`)
  }
}

/**
 * Copies wartezimmer.db of a data folder into `target`, with the present instant and the date by which the
 * copy must be deleted in its name: 88 days after the oldest of what is in it arose, as for the original.
 * The code key is not in it: who has both can try out all codes. Nor are seats and running sessions, which last for
 * as long as people hold on to them.
 * @returns the copy's path and that date, as `YYYY-MM-DD` in UTC
 * @throws StartupError, whose message is for the operator; then there is no copy
 */
export function backUp(dataDir: string, target: string, now: number): { path: string; deleteBy: string } {
  const part = join(target, 'wartezimmer.part')
  makeEmpty(target, part)
  try {
    const oldest = inFolder(dataDir, () => copyInto(part, dataDir)) ?? now
    const deleteBy = new Date(oldest + LONGEST_STAY).toISOString().slice(0, 10)
    const made = new Date(now).toISOString().slice(0, 19).replaceAll(':', '')
    const path = join(target, `wartezimmer-${made}Z-delete-by-${deleteBy}.db`)
    sync(part)
    renameSync(part, path)
    sync(target)
    return { path, deleteBy }
  } finally {
    rmSync(part, { force: true })
  }
}

/** @returns when the oldest of what is in the copy arose, null for nothing */
function copyInto(part: string, dataDir: string): number | null {
  const db = new Sqlite(join(dataDir, 'wartezimmer.db'), { readonly: true, fileMustExist: true, timeout: 5000 })
  try {
    db.prepare('VACUUM INTO ?').run(part)
  } finally {
    db.close()
  }
  const copy = new Sqlite(part, { readonly: true })
  try {
    if (copy.pragma('quick_check', { simple: true }) !== 'ok')
      throw new StartupError(`The copy of ${db.name} is damaged`)
    return copy.prepare<[], number | null>(OLDEST).pluck().get() ?? null
  } finally {
    copy.close()
  }
}
