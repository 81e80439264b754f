/** The key of the code hashes: another one than that of the database would turn every patient into a guesser. */
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../config/startup-error.ts'
import type { openCodes } from './codes.ts'
import type { Database } from './database.ts'
import { keepCodeKey } from './folder.ts'

/** Who writes this into `code.key` lost the old one, and knows that the codes that are out open nothing any more. */
const START_OVER = 'new'

const MEND =
  'put back the code.key (or WZ_CODE_KEY) that it was made with. Where that is lost for good, write the word ' +
  `"${START_OVER}" into code.key: then all codes are deleted, and a new key is made`

/** A value that shows who has the key, and nothing else. */
const proofOf = (key: string): Buffer => createHmac('sha256', key).update('the key of the codes').digest()

type KeyOptions = { dataDir: string; codeKey?: string | undefined }

const another = (db: Database) => `The codes in ${db.name} were made with another key: ${MEND}`

/** What the database knows of its key. Throws a StartupError where that must be there, and is not. */
function provenBy(db: Database, { dataDir, codeKey }: KeyOptions): Buffer | undefined {
  const proof = db.prepare<[], Buffer>('SELECT proof FROM code_key').pluck().get()
  // One of an earlier version has no proof, but it had a key if there are codes.
  const hadKey = proof !== undefined || db.prepare('SELECT 1 FROM codes LIMIT 1').get() !== undefined
  if (codeKey === undefined && hadKey && !existsSync(join(dataDir, 'code.key'))) {
    throw new StartupError(`The key of the codes in ${db.name} is missing: ${MEND}`)
  }
  return proof
}

/** Only looks: throws a StartupError for a key that is lost, or another one than the database's. */
export function examineCodeKey(db: Database, options: KeyOptions): void {
  const proof = provenBy(db, options)
  const path = join(options.dataDir, 'code.key')
  const key = options.codeKey ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : START_OVER)
  if (key !== START_OVER && proof && !proof.equals(proofOf(key))) throw new StartupError(another(db))
}

/**
 * Finds the key, or makes it for a database that has none yet, and makes sure that it is the database's.
 * @returns the key
 * @throws StartupError for a key that is lost, or another one
 */
export function agreeOnCodeKey(
  db: Database,
  codes: ReturnType<typeof openCodes>,
  { dataDir, codeKey }: KeyOptions,
): string {
  const path = join(dataDir, 'code.key')
  if (existsSync(path) && readFileSync(path, 'utf8').trim() === START_OVER) {
    db.transaction(() => {
      codes.days.clear()
      db.exec('DELETE FROM code_key')
    }).immediate()
    rmSync(path)
  }
  const proof = provenBy(db, { dataDir, codeKey })
  const key = codeKey ?? keepCodeKey(dataDir)
  if (proof && !proof.equals(proofOf(key))) throw new StartupError(another(db))
  if (!proof) db.prepare('INSERT INTO code_key (proof) VALUES (?)').run(proofOf(key))
  return key
}
