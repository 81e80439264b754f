/** Who may read what is secret. On Windows modes say nothing, and nobody is refused. */
import { statSync } from 'node:fs'

/** Nobody but the owner: what this program makes itself. */
const OWNER = 0o700
/** Its group may read what the operator makes: Kubernetes and Debian give keys to a group of their own. */
const OWNER_AND_READING_GROUP = 0o750
/** Container engines put secrets there, readable by all in the container, which is only this program. */
const ENGINES_OWN = '/run/secrets/'

const within = (path: string, allowed: number): boolean =>
  process.platform === 'win32' || ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777 & ~allowed) === 0

/** Whether a file or folder of this program's own is nobody else's; also if it is not there. */
export const isPrivate = (path: string): boolean => within(path, OWNER)

/** Whether a secret that the operator gives in a file is kept from others; also if it is not there. */
export const isSecret = (path: string): boolean => path.startsWith(ENGINES_OWN) || within(path, OWNER_AND_READING_GROUP)
