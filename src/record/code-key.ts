/**
 * The keys of the code hashes. The first makes new ones; those after it, from before, still open what was made with
 * them. Another key than those of the database would turn every patient into a guesser.
 */
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../config/startup-error.ts'
import type { openCodes } from './codes.ts'
import type { Database } from './database.ts'
import { keepCodeKey } from './folder.ts'

/** The present key, and earlier ones that are still needed. */
export type CodeKeys = readonly [string, ...string[]]

/** Who writes this into `code.key` lost the old one, and knows that the codes that are out open nothing any more. */
const START_OVER = 'new'

const MEND =
  'put back the code.key (or WZ_CODE_KEY) that it was made with. Where that is lost for good, write the word ' +
  `"${START_OVER}" into code.key: then all codes are deleted, and a new key is made`

/** A value that shows who has the key, and nothing else. */
const proofOf = (key: string): Buffer => createHmac('sha256', key).update('the key of the codes').digest()

type KeyOptions = { dataDir: string; codeKey?: string | undefined }

/** What the database knows of a key. `lastCode`: the last id of a code that was made with it; null for the present one. */
type Proof = { proof: Buffer; lastCode: string | null }

/** Keys stand in lines of their own, or between commas. Throws a StartupError for one that is no secret. */
function keysIn(text: string): CodeKeys {
  const [first = '', ...others] = text.split(/[\s,]+/).filter((key) => key !== '')
  if ([first, ...others].some((key) => key.length < 32))
    throw new StartupError('Each key in code.key (WZ_CODE_KEY) must have at least 32 characters')
  return [first, ...others]
}

/**
 * What the database knows of its keys. Throws a StartupError where a key must be there and is not: there are codes that
 * only it opens.
 */
function provenBy(db: Database, { dataDir, codeKey }: KeyOptions): Proof[] {
  const proofs = db.prepare<[], Proof>('SELECT proof, last_code AS lastCode FROM code_key').all()
  // One of an earlier version has no proof, but it had a key if there are codes.
  const hadKey = proofs.length > 0 || db.prepare('SELECT 1 FROM codes LIMIT 1').get() !== undefined
  if (codeKey === undefined && hadKey && !existsSync(join(dataDir, 'code.key'))) {
    throw new StartupError(`The key of the codes in ${db.name} is missing: ${MEND}`)
  }
  return proofs
}

/** Throws a StartupError unless the database's key is among these, and each earlier one that codes still need. */
function agree(db: Database, keys: CodeKeys, proofs: readonly Proof[]): void {
  const isThere = ({ proof }: Proof) => keys.some((key) => proof.equals(proofOf(key)))
  const isNeeded = db.prepare('SELECT 1 FROM codes WHERE id <= ? LIMIT 1')
  for (const one of proofs) {
    if (isThere(one)) continue
    if (one.lastCode === null) throw new StartupError(`The codes in ${db.name} were made with another key: ${MEND}`)
    if (isNeeded.get(one.lastCode))
      throw new StartupError(
        'Codes of an earlier key are still out: keep it behind the new one in code.key (WZ_CODE_KEY)',
      )
  }
}

/** Only looks: throws a StartupError for a key that is lost, or another one than the database's. */
export function examineCodeKey(db: Database, options: KeyOptions): void {
  const proofs = provenBy(db, options)
  const path = join(options.dataDir, 'code.key')
  const text = options.codeKey ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : START_OVER)
  if (text !== START_OVER) agree(db, keysIn(text), proofs)
}

/**
 * Finds the keys, or makes one for a database that has none yet, and makes sure that they are the database's. A new key
 * before that of the database takes its place.
 * @throws StartupError for a key that is lost, or another one
 */
export function agreeOnCodeKeys(
  db: Database,
  codes: ReturnType<typeof openCodes>,
  { dataDir, codeKey }: KeyOptions,
): CodeKeys {
  const path = join(dataDir, 'code.key')
  if (existsSync(path) && readFileSync(path, 'utf8').trim() === START_OVER) {
    db.transaction(() => {
      codes.days.clear()
      db.exec('DELETE FROM code_key')
    }).immediate()
    rmSync(path)
  }
  const proofs = provenBy(db, { dataDir, codeKey })
  const keys = keysIn(codeKey ?? keepCodeKey(dataDir))
  agree(db, keys, proofs)
  const present = proofOf(keys[0])
  if (proofs.some(({ proof, lastCode }) => lastCode === null && proof.equals(present))) return keys
  db.transaction(() => {
    db.exec("UPDATE code_key SET last_code = coalesce((SELECT max(id) FROM codes), '') WHERE last_code IS NULL")
    db.prepare('DELETE FROM code_key WHERE proof = ?').run(present)
    db.prepare('INSERT INTO code_key (proof) VALUES (?)').run(present)
  }).immediate()
  return keys
}
