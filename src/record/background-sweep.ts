/**
 * Sweeps in a process of its own, for where there is much to delete or to rewrite: however small the
 * steps, they would hold up what is relayed, and a million rows take many.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Retention } from './retention.ts'

/** The database's path, and what is due in it: what is too old at `now`, epoch ms. */
export type Sweep = { path: string; now: number; limits: Retention }

/** What the process says at its end; `failed` is the code of the error that ended it early. */
export type ProcessReport = { deleted: number; failed?: string }

const program = fileURLToPath(new URL(`sweep-process${extname(import.meta.url)}`, import.meta.url))

/**
 * Deletes all that is due and rewrites the database, until `stop`, which undoes the step that it is at.
 * @returns how many rows were deleted
 * @throws an error with the code of the one that ended it early; an AbortError after `stop`
 */
export async function sweepInBackground(sweep: Sweep, stop: AbortSignal): Promise<number> {
  const child = fork(program, [JSON.stringify(sweep)], {
    // The secrets in there are none of its business.
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal: stop,
    killSignal: 'SIGKILL',
  })
  let report: ProcessReport | undefined
  child.once('message', (message) => {
    report = message as ProcessReport
  })
  await once(child, 'close')
  if (report && !report.failed) return report.deleted
  throw Object.assign(new Error('the process that sweeps ended early'), { code: report?.failed })
}
