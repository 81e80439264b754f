/** The record wing's front: everything that is kept on disk, behind plain functions. */
import { type Action, type By, openAudit } from './audit.ts'
import { openCodes } from './codes.ts'
import { bytesOf, lockFolder, openDatabase } from './database.ts'
import { keepCodeKey } from './folder.ts'
import { type Minted, type MintRequest, openMinting } from './minting.ts'
import { openSeats } from './seats.ts'
import { openSessions, type SessionFilter } from './sessions.ts'
import { openSweeper } from './sweeper.ts'
import { idMaker } from './uuid.ts'
import { codeCap, DAY } from './window.ts'

export type RecordOptions = {
  dataDir: string
  /** The key of the code hashes; without it the first start makes one in the data folder. */
  codeKey?: string | undefined
  /** How long after its start a session is kept. Together with the sweep interval at most 88 days. */
  retentionDays: number
  sweepMinutes: number
}

export type RecordStore = ReturnType<typeof openRecord>

/**
 * Opens the record of a data folder, and makes it where it is missing. Every function takes the
 * present instant (epoch ms) where it needs one; what admins do also takes who does it, and is noted in
 * the audit. Whatever they change is committed when they return.
 * @throws StartupError, whose message is for the operator
 */
export function openRecord({ dataDir, codeKey = keepCodeKey(dataDir), retentionDays, sweepMinutes }: RecordOptions) {
  const cap = codeCap(sweepMinutes)
  const unlock = lockFolder(dataDir)
  const db = openDatabase(dataDir)
  const newId = idMaker()
  const codes = openCodes(db, codeKey, cap)
  const sessions = openSessions(db)
  const seats = openSeats(db, codeKey, sessions)
  const audit = openAudit(db, newId)
  const mint = openMinting(db, codeKey, cap, newId)
  const sweeper = openSweeper(db, { session: retentionDays * DAY, code: cap })

  /** What an admin does and the audit's line of it: both or none. */
  const atomically = <Result>(act: () => Result): Result => db.transaction(act).immediate()

  /**
   * Makes what deletes one thing, notes that, and wipes it from the files.
   * It returns false where another program is reading the database: then it is wiped as soon as that ends.
   */
  const erasing =
    (action: Action, remove: (id: string) => void) =>
    (id: string, by: By): boolean => {
      atomically(() => {
        remove(id)
        audit.note(action, id, by)
      })
      return sweeper.wipe()
    }

  return {
    /** Makes an id that sorts by time, for sessions too. */
    newId,

    /** See openMinting. Codes that are shown again are noted again. */
    mint: (request: MintRequest, by: By, key?: string): Minted =>
      atomically(() => {
        const minted = mint(request, by, key)
        for (const { id } of minted.codes) audit.note('mint_code', id, by)
        return minted
      }),
    checkCode: codes.check,
    getCode: codes.get,
    listCodes: codes.list,
    moveCode: (id: string, to: Parameters<typeof codes.move>[1], by: By) =>
      atomically(() => {
        const moved = codes.move(id, to, by.now)
        audit.note('move_code', id, by)
        return moved
      }),
    /** Makes a code worthless, at once and for good; again: no effect. Throws a Refusal: code_unknown. */
    revokeCode: (id: string, by: By): void =>
      atomically(() => {
        if (codes.revoke(id, by.now)) audit.note('revoke_code', id, by)
      }),
    /** Deletes a code, see erasing. Throws a Refusal: code_unknown. */
    eraseCode: erasing('erase_code', codes.erase),
    knowsRoom: codes.knowsRoom,

    persist: seats.persist,
    hashToken: seats.hashToken,
    restore: seats.restore,
    noteAlive: seats.noteAlive,

    /** One page of the connection record. */
    listSessions: (wanted: SessionFilter & { limit: number; after?: string | undefined }, by: By) =>
      atomically(() => {
        audit.note('read_sessions', null, by)
        return sessions.list(wanted)
      }),
    /** Deletes one session, see erasing. Throws a Refusal: not_found, wrong_state. */
    eraseSession: erasing('erase_session', sessions.erase),

    listAudit: audit.list,

    /** Deletes what is too old; never rejects, a failure is in the report. */
    sweep: sweeper.sweep,
    retryWipe: sweeper.retry,
    sweepState: sweeper.state,

    /** The size of the database and its log. */
    bytes: () => bytesOf(db),

    /** Closes the database; a sweep that is under way stops. */
    close(): void {
      sweeper.stop()
      db.close()
      unlock()
    },
  }
}
