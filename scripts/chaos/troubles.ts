/** What befalls the server itself: it is killed, stands still, its clock is set, its disk is full or taken. */
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { newFolder, spawnServer } from '../support/server.ts'
import { unlimited } from '../support/unlimited.ts'

/**
 * What befalls the process, and its disk; one of each may come at the same time. A clock is not set while it starts: one
 * that is wrong from the first is believed.
 */
export const TROUBLES = { process: ['SIGKILL', 'SIGTERM', 'standstill', 'clock'], disk: ['lock', 'full'] } as const
export type Trouble = (typeof TROUBLES)[keyof typeof TROUBLES][number]

const DAY = 86_400_000
const PRELOADED = fileURLToPath(new URL('wall-clock.mjs', import.meta.url))

/** What the server may well say while its disk or its clock is in trouble, and where it cannot start. */
const RIGHTLY = /"(?:SQLITE_FULL|server_busy|clock_doubted)"|cannot be used: /

/** A server on a small disk of its own; needs root. */
export async function startServer() {
  const dataDir = newFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dataDir])
  const server = await spawnServer({
    dataDir,
    env: { ...unlimited, WZ_PAGES: 'off' },
    flags: ['--import', PRELOADED],
  })

  // Whatever happens, nothing is left behind.
  process.once('exit', () => {
    server.child.kill('SIGKILL')
    execFileSync('umount', ['-l', dataDir])
    rmSync(dataDir, { recursive: true })
  })

  async function full(): Promise<void> {
    const filler = join(dataDir, 'filler')
    const { bavail, bsize } = statfsSync(dataDir)
    try {
      writeFileSync(filler, Buffer.alloc(bavail * bsize))
    } catch {
      // The server has taken some of it meanwhile: full it is.
    }
    // Shorter than the server goes on trying, also on a busy machine: what it then takes back would be refused rightly.
    await wait(1_500)
    rmSync(filler)
  }

  async function lock(): Promise<void> {
    const other = new Sqlite(join(dataDir, 'wartezimmer.db'), { timeout: 5_000 })
    other.exec('BEGIN IMMEDIATE')
    await wait(3_000)
    other.close()
  }

  async function standStill(): Promise<void> {
    server.child.kill('SIGSTOP')
    await wait(500 + Math.random() * 6_000)
    server.child.kill('SIGCONT')
  }

  async function setClock(): Promise<void> {
    server.child.send((Math.random() < 0.5 ? -3 : 3) * DAY)
    await wait(5_000)
    server.child.send(0)
  }

  return {
    server,
    /** What it complained about, with and without a reason. */
    complaints: () => Object.groupBy(server.complaints, (line) => (RIGHTLY.test(line) ? 'rightly' : 'wrongly')),

    /** @returns false where a stop was not clean */
    async befall(trouble: Trouble): Promise<boolean> {
      if (trouble === 'full') await full()
      else if (trouble === 'lock') await lock()
      else if (trouble === 'standstill') await standStill()
      else if (trouble === 'clock') await setClock()
      else {
        const code = await server.end(trouble)
        await wait(Math.random() * 500)
        for (let tries = 0; !server.running(); tries++) {
          // On a disk that is full or locked it says so and ends, until it finds it as it should be.
          await server.start().catch(() => wait(500))
          if (tries > 60) throw new Error('it does not start again')
        }
        return trouble === 'SIGKILL' || code === 0
      }
      return true
    },
  }
}
