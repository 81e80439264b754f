/** Records that are as large as a benchmark wants them. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openFile } from '../../src/record/database.ts'
import { openPartitions } from '../../src/record/partitions.ts'
import { openRecord } from '../../src/record/record.ts'
import { sessionKind } from '../../src/record/sessions.ts'

const DAY = 86_400_000

/** A data folder that a server can start on. */
export async function makeRecord(dataDir: string): Promise<void> {
  await (await openRecord({ dataDir, retentionDays: 30, sweepMinutes: 60 })).close()
}

/**
 * Adds sessions that have ended, of the last so many days or of one day, also beside a server.
 * @param days how many days ago they began, the first and the last
 */
export function addSessions(dataDir: string, count: number, [first, last]: readonly [number, number]): void {
  const db = openFile(join(dataDir, 'wartezimmer.db'), { exclusive: false })
  db.pragma('busy_timeout = 60000')
  const { tableFor } = openPartitions(db, sessionKind)
  const each = Math.ceil(count / (last - first + 1))
  for (let ago = last, left = count; left > 0; ago--) {
    const start = Date.now() - ago * DAY
    db.transaction(() => {
      const insert = db.prepare(`INSERT INTO ${tableFor(start)} VALUES (?, ?, ?, ?, 2, 'ended', ?)`)
      for (let made = 0; made < each && left > 0; made++, left--) {
        const hex = `${start.toString(16).padStart(12, '0')}7${(made & 0xfff).toString(16).padStart(3, '0')}8${randomBytes(8).toString('hex').slice(1)}`
        const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
        insert.run(id, `zimmer-${made % 50}`, start, start + 1_500_000, `T-${left}`)
      }
    }).immediate()
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}
