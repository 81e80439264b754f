/** A data folder as a doctor looks at it: nothing in it is made or changed, and a server that runs on it feels nothing. */
import { accessSync, constants, existsSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../config/startup-error.ts'
import { examineCodeKey } from './code-key.ts'
import { VERSION } from './cold.ts'
import { isBusy, openToRead, refuseNewer, versionOf } from './database.ts'
import { inFolder, openToOthers } from './folder.ts'

/** Bytes of the disk; below, it may be full before anybody has seen to it. */
const ENOUGH = 200 * 1024 * 1024

type Options = { dataDir: string; codeKey?: string | undefined; admins?: unknown }

/** What keeps a server from using a folder, in a line each that says what to do. */
export function examineFolder({ dataDir, admins }: Options): string[] {
  if (!existsSync(dataDir)) return [`${dataDir} (WZ_DATA_DIR) is not there: the server's first start makes it`]
  return faultsOf(() =>
    inFolder(dataDir, () => {
      accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
      const { bavail, bsize } = statfsSync(dataDir)
      const free = Math.floor((bavail * bsize) / 1024 / 1024)
      const full = bavail * bsize < ENOUGH ? [`Only ${free} MiB are free for ${dataDir}: make room`] : []
      return [...openToOthers(dataDir), ...full, ...(admins === undefined ? withoutToken(dataDir) : [])]
    }),
  )
}

function withoutToken(dataDir: string): string[] {
  const path = join(dataDir, 'admin-token')
  if (!existsSync(path) || readFileSync(path, 'utf8').trim().length >= 32) return []
  return [`${path} holds no token: remove it, and the next start makes one`]
}

/** What is wrong with the database and the key of its codes, likewise. */
export function examineDatabase(options: Options): string[] {
  const path = join(options.dataDir, 'wartezimmer.db')
  if (!existsSync(path)) return [`${path} is not there: the server's first start makes it`]
  return faultsOf(() =>
    inFolder(options.dataDir, () => {
      const db = openToRead(path, 2_000)
      try {
        refuseNewer(db, VERSION)
        const damage = db.pragma('quick_check(1)', { simple: true })
        if (damage !== 'ok') return [`${path} is damaged: put a backup in its place, as /docs/loeschkonzept says`]
        // An older one is brought up to date by the next start.
        if (versionOf(db) === VERSION) examineCodeKey(db, options)
        return []
      } finally {
        db.close()
      }
    }),
  )
}

/** Whether a process holds the folder. Only to be asked where no server answers: one that starts right now gives up. */
export function isHeld(dataDir: string): boolean {
  const path = join(dataDir, 'seats.db')
  if (!existsSync(path)) return false
  // A server has it for itself, and never makes one: what is there after it was killed is only a -wal.
  const shared = `${path}-shm`
  const hadShared = existsSync(shared)
  const db = openToRead(path, 0)
  try {
    db.pragma('user_version')
    return false
  } catch (fault) {
    if (isBusy(fault)) return true
    throw fault
  } finally {
    db.close()
    if (!hadShared) rmSync(shared, { force: true })
  }
}

function faultsOf(look: () => string[]): string[] {
  try {
    return look()
  } catch (fault) {
    if (fault instanceof StartupError) return [...fault.faults]
    throw fault
  }
}
