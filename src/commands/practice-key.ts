/** The practice's own key in a file, for links that are sealed. It is never sent anywhere. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isSecret } from '../config/secret-file.ts'
import { StartupError } from '../config/startup-error.ts'
import { makePracticeKey, readPracticeKey } from '../protocol/seal.ts'

/**
 * Reads the key, and makes it where there is no file yet.
 * @returns what goes into links, and whether the key is new
 * @throws StartupError where the file is something else, or others may read it
 */
export async function practiceSeal(file: string): Promise<{ seal: string; isNew: boolean }> {
  const isNew = !existsSync(file)
  try {
    if (isNew) writeFileSync(file, `${JSON.stringify(await makePracticeKey())}\n`, { mode: 0o600, flag: 'wx' })
    if (!isSecret(file)) throw new Error(`${file} may be read by others: chmod 600 ${file}`)
    const key = await readPracticeKey(readFileSync(file, 'utf8'))
    if (!key) throw new Error(`${file} holds no practice's key`)
    return { seal: key.seal, isNew }
  } catch (fault) {
    throw new StartupError(`--practice-key: ${(fault as Error).message}`)
  }
}
