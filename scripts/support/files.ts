/** Files that others have open. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** The files of a folder as they were at one moment, though others write in it: read again where they did meanwhile. */
export function filesIn(folder: string): { name: string; content: Buffer }[] {
  const read = () => readdirSync(folder).map((name) => ({ name, content: readFileSync(join(folder, name)) }))
  for (;;) {
    try {
      const files = read()
      if (isDeepStrictEqual(read(), files)) return files
    } catch (error) {
      // It went while it was read.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
