/**
 * What admins see and change, in wartezimmer.db: codes, sessions that have ended, the audit, the deletion log. Nobody in a
 * call waits for it, so it may wait for other programs that have the file open.
 */
import { join } from 'node:path'
import { StartupError } from '../config/startup-error.ts'
import { Refusal } from '../protocol/errors.ts'
import { auditKind, OPERATOR, openAudit } from './audit.ts'
import { agreeOnCodeKeys, type CodeKeys } from './code-key.ts'
import { type CodeStatus, codeKind, openCodes } from './codes.ts'
import { type Database, emptyLog, isBusy, openFile, refuseNewer, versionOf } from './database.ts'
import { createDeletions, openDeletions } from './deletions.ts'
import { type Due, openDue } from './due.ts'
import { inFolder } from './folder.ts'
import { mintedKind, openMinted } from './minted.ts'
import { type MintRequest, openMinting } from './minting.ts'
import type { Page } from './page.ts'
import { addColumn, createPartitions } from './partitions.ts'
import type { By } from './scope.ts'
import { openSessions, type SessionFilter, sessionKind } from './sessions.ts'
import { idMaker } from './uuid.ts'
import { divideByDays } from './version-3.ts'
import { codeCap, DAY } from './window.ts'

export type ColdOptions = { dataDir: string; codeKey?: string | undefined; retentionDays: number; sweepMinutes: number }

/** Of the schema. */
export const VERSION = 5

/** For how long somebody who asks waits for another program that writes, in ms. */
const PATIENCE = 2_000

function open({ dataDir, sweepMinutes }: ColdOptions): Database {
  const db = openFile(join(dataDir, 'wartezimmer.db'), { exclusive: false })
  db.pragma(`busy_timeout = ${PATIENCE}`)
  refuseNewer(db, VERSION)
  const version = versionOf(db)
  if (version === VERSION) return db
  if (version > 0 && version < 3) throw new StartupError(`The database ${db.name} is too old: start version 1.0.0 once`)
  // Dropping tables that refer to each other would otherwise look at each of their rows.
  db.pragma('foreign_keys = OFF')
  db.transaction(() => {
    if (version === 0) for (const kind of [codeKind, sessionKind, auditKind]) createPartitions(db, kind)
    if (version === 3) divideByDays(db, codeCap(sweepMinutes))
    if (version === 4) addColumn(db, auditKind, 'rooms TEXT')
    else db.exec('CREATE TABLE code_key (proof BLOB NOT NULL) STRICT')
    db.exec('ALTER TABLE code_key ADD COLUMN last_code TEXT')
    createPartitions(db, mintedKind)
    createDeletions(db)
    db.pragma(`user_version = ${VERSION}`)
  }).immediate()
  if (version === 3) {
    db.exec('VACUUM')
    emptyLog(db)
  }
  return db
}

export type Cold = ReturnType<typeof openCold>

export function openCold(options: ColdOptions) {
  const db = inFolder(options.dataDir, () => open(options))
  const retention = options.retentionDays * DAY
  const cap = codeCap(options.sweepMinutes)
  const newId = idMaker()
  const codes = openCodes(db, cap)
  const sessions = openSessions(db)
  const audit = openAudit(db, newId)
  const quotas = openMinted(db)
  const deletions = openDeletions(db, newId)
  const keys = inFolder(options.dataDir, () => agreeOnCodeKeys(db, codes, options))
  const mint = openMinting(codes, quotas.add, keys, cap, newId)
  /** What the names of each practice's rooms begin with; none begins with another. */
  let practices: readonly string[] = []
  const practiceOf = (room: string): string | null => practices.find((rooms) => room.startsWith(rooms)) ?? null
  /** The first instant of which sessions and the audit are still kept. */
  const since = (now: number): number => now - retention + 1

  const kept: Due[] = [
    { kind: 'codes', days: codes.days, before: (now) => now },
    { kind: 'sessions', days: sessions.days, before: since },
    { kind: 'audit', days: audit.days, before: since },
  ]
  const due = openDue(kept, deletions)

  /** What an admin does and the audit's line of it: both or none. */
  function atomically<Result>(act: () => Result): Result {
    try {
      return db.transaction(act).immediate()
    } catch (error) {
      if (!isBusy(error)) throw error
      throw new Refusal('server_busy', 'Another program is writing to the database.', { retryAfter: 5 })
    }
  }

  return {
    /** The keys of the code hashes. */
    codeKeys: (): CodeKeys => keys,

    /** See openMinting. Codes that are shown again are noted again. */
    mint: (request: MintRequest, by: By, key?: string) =>
      atomically(() => {
        const minted = mint(request, by, key)
        for (const { id } of minted.codes) audit.note('mint_code', id, by, practiceOf(minted.room))
        return minted
      }),
    getCode: codes.get,
    listCodes: (wanted: Page & { room?: string | undefined; status?: CodeStatus | undefined }, by: By) =>
      codes.list(wanted, by),
    moveCode: (id: string, to: Parameters<typeof codes.move>[1], by: By) =>
      atomically(() => {
        const moved = codes.move(id, to, by)
        audit.note('move_code', id, by, practiceOf(moved.room))
        return moved
      }),
    /** Makes a code worthless, at once and for good; again: no effect. @returns it. Throws a Refusal: code_unknown. */
    revokeCode: (id: string, by: By) =>
      atomically(() => {
        const isNew = codes.revoke(id, by)
        const code = codes.get(id, by)
        if (isNew) audit.note('revoke_code', id, by, practiceOf(code.room))
        return code
      }),
    eraseCode: (id: string, by: By): void =>
      atomically(() => {
        audit.note('erase_code', id, by, practiceOf(codes.erase(id, by)))
        deletions.note('request', 'codes', by.now, { runs: 1, deleted: 1 })
      }),
    knowsRoom: codes.knowsRoom,

    keepSessions: (ended: Parameters<typeof sessions.keep>[0]): void => atomically(() => sessions.keep(ended)),
    listSessions: (wanted: Page & SessionFilter, by: By) =>
      atomically(() => {
        audit.note('read_sessions', null, by, wanted.room === undefined ? '' : practiceOf(wanted.room))
        return sessions.list(wanted, since(by.now), by)
      }),
    eraseSession: (id: string, by: By): void =>
      atomically(() => {
        audit.note('erase_session', id, by, practiceOf(sessions.erase(id, by)))
        deletions.note('request', 'sessions', by.now, { runs: 1, deleted: 1 })
      }),

    listAudit: (wanted: Page & { from?: number | undefined; to?: number | undefined }, by: By) =>
      audit.list(wanted, since(by.now), by),

    mintedToday: quotas.today,

    /** From now on lines of the audit say whose rooms they are about. @param rooms what the names of each practice's begin with */
    knowPractices(rooms: readonly string[]): void {
      practices = rooms
    },

    /** Notes that the admins were read again. */
    noteAdmins: (now: number): void =>
      atomically(() => audit.note('read_admins', null, { admin: OPERATOR, rooms: '', now }, null)),

    listDeletions: deletions.list,

    /** See openDue. How many codes were minted says nothing about people: of that there is no log. */
    dropDue: (now: number): number | undefined => atomically(() => due.drop(now) ?? quotas.days.dropBefore(now)),
    noteSweep: (now: number, sessions: number): void => atomically(() => due.done(now, sessions)),
    noteFailedSweep: (now: number): void => atomically(() => due.failed(now)),

    /** See emptyLog of the database; notes where it was done. Whoever reads for longer is not waited for. */
    emptyLog(): boolean {
      db.pragma('busy_timeout = 100')
      const done = emptyLog(db)
      try {
        if (done) deletions.noteWiped()
      } catch (error) {
        // What is gone is gone; that it is, is noted the next time.
        if (!isBusy(error)) throw error
      }
      return done
    },

    /** How long what is asked next may wait for other programs, given how long it has waited for its turn. */
    waited: (ms: number): void => void db.pragma(`busy_timeout = ${Math.max(0, Math.round(PATIENCE - ms))}`),

    close: (): void => void db.close(),
  }
}
