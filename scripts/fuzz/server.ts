/** The server that is fuzzed, and the seats that are left on its disk. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { filesIn } from '../support/files.ts'
import { newFolder, spawnServer } from '../support/server.ts'

const SETTINGS = {
  WZ_RESUME_SECONDS: '1',
  // Who is cut off or told to wait gets nowhere, and the fuzzer shall. What becomes of floods is tested elsewhere.
  WZ_FRAMES_PER_SECOND: '100000',
  WZ_KIB_PER_SECOND: '1000000',
  WZ_KIB_PER_SECOND_PER_ADDRESS: '1000000',
  WZ_REFUSALS_PER_MINUTE: '60',
  WZ_WRONG_CODES_PER_ADDRESS: '1000000',
  WZ_WRONG_CODES_PER_MINUTE: '1000000',
  WZ_REQUESTS_PER_MINUTE: '1000000',
}

export type Server = Awaited<ReturnType<typeof startServer>>

export async function startServer() {
  const server = await spawnServer({ env: SETTINGS })
  return {
    ...server,

    /** The rooms of all seats that are on disk, one for each seat. Of a copy: nobody else may open the original. */
    seats(): string[] {
      const copy = newFolder()
      for (const { name, content } of filesIn(server.dataDir)) writeFileSync(join(copy, name), content)
      const db = new Sqlite(join(copy, 'seats.db'))
      const rooms = db.prepare<unknown[], string>('SELECT room FROM seats').pluck().all()
      db.close()
      rmSync(copy, { recursive: true })
      return rooms
    },
  }
}
