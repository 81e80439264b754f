/** Who may read what is secret, and how it is written. On Windows modes say nothing, and nobody is refused. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** This program makes its files for its owner; Kubernetes gives a volume's to a group of the pod's own (fsGroup). */
const OWNER_AND_GROUP = 0o770
/** Its group may read what the operator makes: Kubernetes and Debian give keys to a group of their own. */
const OWNER_AND_READING_GROUP = 0o750
/** Container engines put secrets there, readable by all in the container, which is only this program. */
const ENGINES_OWN = '/run/secrets/'

const STICKY = 0o1000

/** 0 for what cannot be looked at, or is not there: whoever reads it next is told why, in words of its own. */
function modeOf(path: string): number {
  try {
    return process.platform === 'win32' ? 0 : statSync(path).mode
  } catch {
    return 0
  }
}

const within = (path: string, allowed: number): boolean => (modeOf(path) & 0o777 & ~allowed) === 0

/** Whether a file of this program's own is kept from others; also if it cannot be looked at. */
export const isPrivate = (path: string): boolean => within(path, OWNER_AND_GROUP)

/** Whether others could put files of theirs in the place of those in a folder. */
export const isAnybodys = (folder: string): boolean => (modeOf(folder) & (STICKY | 0o002)) === 0o002

/** Whether a secret that the operator gives in a file is kept from others; also if it cannot be looked at. */
export const isSecret = (path: string): boolean => path.startsWith(ENGINES_OWN) || within(path, OWNER_AND_READING_GROUP)

/** Gives a file that is written whole, and flushed, its name, so that it has it after a power failure, too. */
export function putInPlace(part: string, path: string): void {
  renameSync(part, path)
  // Windows flushes no folders.
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Makes a file for its owner's eyes, whole or not at all; what a kill has left of an earlier try is replaced. */
export function writeSecret(path: string, text: string): void {
  const part = `${path}.part`
  try {
    rmSync(part, { force: true })
    writeFileSync(part, text, { flag: 'wx', mode: 0o600, flush: true })
    putInPlace(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}
