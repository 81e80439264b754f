/** The data folder, and the secrets that the first start makes in it. */
import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAnybodys, isPrivate, writeSecret } from '../config/secret-file.ts'
import { StartupError } from '../config/startup-error.ts'

/** What this program makes in the folder; a volume may hold other things as well. */
const OWN = /^((code\.key|admin-token)(\.part)?|(wartezimmer|seats)\.db(-wal|-shm|-journal)?)$/

/** What went wrong, in the system's words, on one line. */
const reasonOf = (fault: unknown) => (fault instanceof Error ? fault.message : String(fault)).split('\n', 1)[0]

/** Does something with the data folder; whatever it throws becomes a StartupError that names the folder. */
export function inFolder<Result>(dataDir: string, act: () => Result): Result {
  try {
    return act()
  } catch (fault) {
    if (fault instanceof StartupError) throw fault
    throw new StartupError(`The data folder ${dataDir} (WZ_DATA_DIR) cannot be used: ${reasonOf(fault)}`)
  }
}

/** What is wrong with the rights in a folder: a line each, that says what to do. */
export function openToOthers(dataDir: string): string[] {
  const open = readdirSync(dataDir)
    .filter((name) => OWN.test(name))
    .map((name) => join(dataDir, name))
    .filter((path) => !isPrivate(path))
  return [
    ...(isAnybodys(dataDir) ? [`Others may write to ${dataDir} (WZ_DATA_DIR): chmod 700 ${dataDir}`] : []),
    ...open.map((path) => `Others may read ${path} (WZ_DATA_DIR): chmod 600 ${path}`),
  ]
}

/**
 * Makes the folder for its owner only. Nothing is mended in silence: what others could read may be no secret any more.
 * @throws StartupError where others may read what is in it, or put something else in its place
 */
export function makeFolder(dataDir: string): void {
  const faults = inFolder(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    return openToOthers(dataDir)
  })
  if (faults.length > 0) throw new StartupError(...faults)
}

/**
 * Reads a secret from the data folder; the first start makes it of 32 random bytes, in base64url. To be called by the one
 * process that holds the folder, so that no other one's secret is replaced.
 * @throws StartupError where it can be neither read nor made, or is too short to be one
 */
function keepSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name)
  makeFolder(dataDir)
  return inFolder(dataDir, () => {
    // A link that leads nowhere is somebody's own.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
      writeSecret(path, `${randomBytes(32).toString('base64url')}\n`)
    const secret = readFileSync(path, 'utf8').trim()
    if (secret.length < 32) throw new StartupError(`${path} holds fewer than 32 characters; it is no secret`)
    return secret
  })
}

/** The key of the code hashes, where the configuration gives none. */
export const keepCodeKey = (dataDir: string): string => keepSecret(dataDir, 'code.key')

/** The token of the admin named `admin`, where the configuration names no admins. */
export const keepAdminToken = (dataDir: string): string => keepSecret(dataDir, 'admin-token')
