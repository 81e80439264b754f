/** The record wing's front: everything that is kept on disk, behind plain functions. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { extname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Change, SavedState } from '../contract/records.ts'
import { Refusal } from '../protocol/errors.ts'
import { openCheck } from './codes.ts'
import type { Cold, ColdOptions } from './cold.ts'
import { bytesOf, type Database } from './database.ts'
import type { Hot } from './hot.ts'
import { openMover } from './mover.ts'
import { cut, type Page } from './page.ts'
import type { By } from './scope.ts'
import type { Session, SessionFilter } from './sessions.ts'
import { openSweeper } from './sweeper.ts'
import { type Remote, startThread } from './thread.ts'
import { idMaker } from './uuid.ts'
import { codeCap, DAY } from './window.ts'

/**
 * `codeKey` is the key of the code hashes, or several, see code-key.ts; without it the first start makes one in the data folder. `retentionDays`
 * says how long after its start a session is kept, together with the sweep interval at most 88 days.
 */
export type RecordOptions = ColdOptions

export type RecordStore = Awaited<ReturnType<typeof openRecord>>

const program = (name: string): URL => new URL(`${name}${extname(import.meta.url)}`, import.meta.url)

/**
 * Opens the record of a data folder, and makes it where it is missing. Every function takes the present instant
 * (epoch ms) where it needs one; what admins ask for takes who asks, of whose rooms alone it is then, and what they
 * do is noted in the audit. Whatever is changed is committed when the promise is fulfilled; where that cannot be it rejects with SQLite's code, or
 * with a Refusal: `server_busy` while another program is writing.
 *
 * Nothing is written in the event loop. What signaling waits for has a thread and a file of its own, so that
 * neither another program nor anything that is done to the record can hold it up.
 * @throws StartupError, whose message is for the operator
 */
export async function openRecord({ dataDir, codeKey, retentionDays, sweepMinutes }: RecordOptions) {
  const hot = await startThread<Hot>(program('hot-thread'), dataDir)
  const cold = await startThread<Cold>(program('cold-thread'), { dataDir, codeKey, retentionDays, sweepMinutes }).catch(
    async (fault) => {
      await hot.close()
      throw fault
    },
  )
  // Readers do not wait for writers, and this one is never asked for more than one row.
  const reader = new Sqlite(join(dataDir, 'wartezimmer.db'), { readonly: true, timeout: 0 })
  return connect({ hot, cold, reader }, { dataDir, retentionDays, sweepMinutes })
}

/** The record on the threads, or whatever else carries out what they do. */
export async function connect(
  { hot, cold, reader }: { hot: Remote<Hot>; cold: Remote<Cold>; reader: Database },
  { dataDir, retentionDays, sweepMinutes }: Omit<RecordOptions, 'codeKey'>,
) {
  const keys = await cold.codeKeys()
  const hashWith = (key: string, token: string) => createHmac('sha256', key).update(`token ${token}`).digest()
  const mover = openMover(hot, cold)
  const sweeper = openSweeper(hot, cold, mover.move, retentionDays * DAY)

  return {
    mint: cold.mint,
    getCode: cold.getCode,
    listCodes: cold.listCodes,
    moveCode: cold.moveCode,
    revokeCode: cold.revokeCode,
    knowsRoom: cold.knowsRoom,
    listAudit: cold.listAudit,
    listDeletions: cold.listDeletions,
    mintedToday: cold.mintedToday,
    knowPractices: cold.knowPractices,
    noteAdmins: cold.noteAdmins,

    /** Makes an id that sorts by time, for sessions too. */
    newId: idMaker(),

    /** Says who may enter. The one statement in the event loop, since signaling has to know before it goes on. */
    checkCode: openCheck(reader, keys, codeCap(sweepMinutes)),

    /** The only form in which a resume token is on disk. */
    hashToken: (token: string): string => hashWith(keys[0], token).toString('base64url'),

    /** Whether a hash is that of a token, with the present key or an earlier one. */
    isToken: (token: string, hash: string): boolean =>
      keys.some((key) => timingSafeEqual(hashWith(key, token), Buffer.from(hash, 'base64url'))),

    /** Commits changes in their order, all or none. */
    async persist(changes: readonly Change[]): Promise<void> {
      await hot.persist(changes)
      mover.add(mover.ended(changes))
    },

    /** What the last process left behind. */
    async restore(): Promise<SavedState> {
      const { ended, ...saved } = await hot.restore()
      mover.add(ended)
      return saved
    },

    /** Notes that the process lives. Rejects with DATA_FOLDER_REPLACED where the folder is not the same any more. */
    noteAlive: hot.noteAlive,

    /** One page of the connection record, with the sessions that are not in there yet. */
    async listSessions(wanted: Page & SessionFilter, by: By): Promise<{ sessions: Session[]; next: string | null }> {
      const more = { ...wanted, limit: wanted.limit + 1 }
      // In this order, as what is moved in between is then in both.
      const now = await hot.list(more, by.now - retentionDays * DAY + 1, by)
      const kept = await cold.listSessions(more, by)
      const all = new Map([...now, ...kept].map((session) => [session.id, session]))
      const sorted = [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
      const { rows: sessions, next } = cut(sorted, wanted.limit)
      return { sessions, next }
    },

    /**
     * Deletes one session. Throws a Refusal: not_found, wrong_state.
     * @returns false where another program is reading the database: then it is wiped as soon as that ends
     */
    async eraseSession(id: string, by: By): Promise<boolean> {
      if (await hot.isRunning(id, by)) throw new Refusal('wrong_state', 'The session is still running: end it first.')
      await mover.move()
      await cold.eraseSession(id, by)
      return sweeper.wipe()
    },

    /** Deletes a code, see eraseSession. Throws a Refusal: code_unknown. */
    async eraseCode(id: string, by: By): Promise<boolean> {
      await cold.eraseCode(id, by)
      return sweeper.wipe()
    },

    /** Deletes what is too old; never rejects, a failure is in the report. */
    sweep: sweeper.sweep,
    sweepState: sweeper.state,

    /** Tries again what could not be done because of another program. */
    async retry(): Promise<void> {
      await mover.move().catch(() => {})
      await sweeper.retry()
    },

    /** The size of the databases and their logs. */
    bytes: () => bytesOf(join(dataDir, 'wartezimmer.db')) + bytesOf(join(dataDir, 'seats.db')),

    /** Closes everything, once what was asked for is done. */
    async close(): Promise<void> {
      await mover.move().catch(() => {})
      reader.close()
      await cold.close()
      await hot.close()
    },
  }
}
