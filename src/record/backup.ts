/** A consistent copy of the record, made while the server runs, that says itself when it has to be deleted. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { putInPlace } from '../config/secret-file.ts'
import { StartupError } from '../config/startup-error.ts'
import { openToRead } from './database.ts'
import { inFolder } from './folder.ts'
import { LONGEST_STAY } from './window.ts'

/** The instant at which the oldest of what is kept arose; null where nothing is kept. */
const OLDEST = `
  SELECT min(arose) FROM (
    SELECT min(started_at) AS arose FROM sessions UNION ALL
    SELECT min(created_at) FROM codes UNION ALL
    SELECT min(at) FROM audit
  )`

/** Of a copy that is not whole; each run has a name of its own, as several may run at a time. */
const PART = /^wartezimmer(-[0-9a-f]+)?\.part$/

/** After so many ms in which nothing was written to one, nobody will. */
const GIVEN_UP = 10 * 60_000

/** Does something in the folder of the copies; whatever it throws becomes a StartupError that names the folder. */
function inTarget<Result>(target: string, act: () => Result): Result {
  try {
    return act()
  } catch (fault) {
    throw new StartupError(`No copy can be made in ${target}: ${(fault as Error).message}`)
  }
}

/** Made by us, since SQLite would let the umask decide. */
function makeEmpty(target: string, part: string): void {
  mkdirSync(target, { recursive: true, mode: 0o700 })
  closeSync(openSync(part, 'wx', 0o600))
}

/** Removes what a kill has left of earlier copies. @param part made just now, by the clock of that disk */
function removeLeftovers(target: string, part: string): void {
  const { mtimeMs: now } = statSync(part)
  for (const name of readdirSync(target).filter((name) => PART.test(name))) {
    const other = join(target, name)
    const { mtimeMs: written = now } = statSync(other, { throwIfNoEntry: false }) ?? {}
    if (written < now - GIVEN_UP) rmSync(other, { force: true })
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
  const part = join(target, `wartezimmer-${randomBytes(4).toString('hex')}.part`)
  inTarget(target, () => makeEmpty(target, part))
  try {
    inTarget(target, () => removeLeftovers(target, part))
    const oldest = inFolder(dataDir, () => copyInto(part, dataDir)) ?? now
    const deleteBy = new Date(oldest + LONGEST_STAY).toISOString().slice(0, 10)
    const made = new Date(now).toISOString().slice(0, 19).replaceAll(':', '')
    const path = join(target, `wartezimmer-${made}Z-delete-by-${deleteBy}.db`)
    inTarget(target, () => {
      const file = openSync(part, 'r')
      fsyncSync(file)
      closeSync(file)
      putInPlace(part, path)
    })
    return { path, deleteBy }
  } finally {
    rmSync(part, { force: true })
  }
}

/** @returns when the oldest of what is in the copy arose, null for nothing */
function copyInto(part: string, dataDir: string): number | null {
  const db = openToRead(join(dataDir, 'wartezimmer.db'), 5_000)
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
