/** Records that are as large as a benchmark wants them. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { auditKind } from '../../src/record/audit.ts'
import { codeKind } from '../../src/record/codes.ts'
import { openFile } from '../../src/record/database.ts'
import { type Kind, openPartitions } from '../../src/record/partitions.ts'
import { openRecord } from '../../src/record/record.ts'
import { sessionKind } from '../../src/record/sessions.ts'

const DAY = 86_400_000

/** A data folder that a server can start on. */
export async function makeRecord(dataDir: string): Promise<void> {
  await (await openRecord({ dataDir, retentionDays: 30, sweepMinutes: 60 })).close()
}

/**
 * Adds rows of a kind, of so many days, also beside a server.
 * @param days how many days ago they are from, the first and the last; negative: days that come
 * @returns their ids
 */
function add(
  dataDir: string,
  kind: Kind,
  count: number,
  [first, last]: readonly [number, number],
  row: (id: string, instant: number, left: number) => unknown[],
): string[] {
  const db = openFile(join(dataDir, 'wartezimmer.db'), { exclusive: false })
  db.pragma('busy_timeout = 60000')
  const { tableFor } = openPartitions(db, kind)
  const each = Math.ceil(count / (last - first + 1))
  const ids: string[] = []
  for (let ago = last, left = count; left > 0; ago--) {
    const instant = Date.now() - ago * DAY
    db.transaction(() => {
      const table = tableFor(instant, null)
      const marks = row('', instant, left).map(() => '?')
      const insert = db.prepare(`INSERT INTO ${table} VALUES (${marks})`)
      for (let made = 0; made < each && left > 0; made++, left--) {
        const hex = `${instant.toString(16).padStart(12, '0')}7${(made & 0xfff).toString(16).padStart(3, '0')}8${randomBytes(8).toString('hex').slice(1)}`
        const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
        insert.run(row(id, instant, left))
        ids.push(id)
      }
    }).immediate()
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return ids
}

type Days = readonly [number, number]

/** Adds sessions that have ended, in fifty rooms. */
export const addSessions = (dataDir: string, count: number, days: Days, rooms = 'zimmer-'): string[] =>
  add(dataDir, sessionKind, count, days, (id, start, left) => {
    return [id, `${rooms}${left % 50}`, start, start + 1_500_000, 2, 'ended', `T-${left}`]
  })

/** Adds codes of guests, which nobody knows and which are still good. */
export const addCodes = (dataDir: string, count: number, [first, last]: Days, rooms: string): string[] =>
  add(dataDir, codeKind, count, [-last, -first], (id, due, left) => {
    const window = [due - 2 * DAY, due - DAY, Date.now()]
    return [id, `${rooms}${left % 50}`, 'guest', randomBytes(32), null, 1, ...window, null, null, null, null]
  })

export const addAudit = (dataDir: string, count: number, days: Days, rooms: string): string[] =>
  add(dataDir, auditKind, count, days, (id, at) => [id, at, 'somebody', 'read_sessions', null, rooms])
