/** The program of background-sweep.ts. It works for as long as whoever started it is connected. */
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { ProcessReport, Sweep } from './background-sweep.ts'
import { connect, wipe } from './database.ts'
import { openRetention } from './retention.ts'

/** A step is followed by so many times the time it took, in which the server can write. */
const REST = 9

/** The server rewrites the database when something is erased on request; that may take seconds. */
const PATIENCE = 60_000

async function sweep({ path, now, limits }: Sweep, report: ProcessReport): Promise<void> {
  const db = connect(path, PATIENCE)
  const deleteNext = openRetention(db, limits)
  for (let more = true; more && process.connected; ) {
    const begun = performance.now()
    const step = deleteNext(now)
    report.deleted += step.deleted
    more = step.more
    if (more) await pause((performance.now() - begun) * REST)
  }
  if (process.connected) wipe(db)
  db.close()
}

// Where it is typed this reaches both processes; the server says when this one ends.
process.on('SIGINT', () => {})
setPriority(constants.priority.PRIORITY_LOW)

const report: ProcessReport = { deleted: 0 }
try {
  await sweep(JSON.parse(process.argv[2] ?? '') as Sweep, report)
} catch (error) {
  report.failed = (error as { code?: string }).code ?? (error as Error).name
}
if (process.connected) process.send?.(report, () => process.disconnect())
