/** The practice's own key in a file, for links that are sealed. It is never sent anywhere. */
import { existsSync, readFileSync } from 'node:fs'
import { isSecret, writeSecret } from '../config/secret-file.ts'
import { StartupError } from '../config/startup-error.ts'
import { formatCode, readCode } from '../protocol/dial-code.ts'
import { makePracticeKey, readPracticeKey } from '../protocol/seal.ts'

/**
 * The link of a guest's code with the seal behind it.
 * @throws StartupError where the server's answer would leave no seal in it, or another one
 */
export function sealLink({ code, link }: { code: string; link: string }, seal: string): string {
  const sealed = `${link}-${seal}`
  const read = readCode(sealed)
  const isPlain = /^https?:\/\/[^#?\s]*#[\dA-Z-]+$/.test(link) && link.endsWith(`#${code}`)
  if (isPlain && read?.seal === seal && formatCode(read.symbols) === code) return sealed
  throw new StartupError('--practice-key: the server has answered with a link that cannot be sealed')
}

/**
 * Reads the key, and makes it where there is no file yet.
 * @returns what goes into links, and whether the key is new
 * @throws StartupError where the file is something else, or others may read it
 */
export async function practiceSeal(file: string): Promise<{ seal: string; isNew: boolean }> {
  const isNew = !existsSync(file)
  try {
    if (isNew) writeSecret(file, `${JSON.stringify(await makePracticeKey())}\n`)
    if (!isSecret(file)) throw new Error(`${file} may be read by others: chmod 600 ${file}`)
    const key = await readPracticeKey(readFileSync(file, 'utf8'))
    if (!key) throw new Error(`${file} holds no practice's key`)
    return { seal: key.seal, isNew }
  } catch (fault) {
    throw new StartupError(`--practice-key: ${(fault as Error).message}`)
  }
}
