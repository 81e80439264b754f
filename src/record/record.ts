/** The record wing's front: everything that is kept on disk, behind plain functions. */
import { openCodes } from './codes.ts'
import { lockFolder, openDatabase } from './database.ts'
import { keepCodeKey } from './folder.ts'
import { idMaker } from './ids.ts'
import { openMinting } from './minting.ts'
import { openSeats } from './seats.ts'
import { openSessions } from './sessions.ts'
import { openSweeper } from './sweeper.ts'
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
 * present instant (epoch ms) where it needs one; whatever they change is committed when they return.
 * @throws StartFault, whose message is for the operator
 */
export function openRecord({ dataDir, codeKey = keepCodeKey(dataDir), retentionDays, sweepMinutes }: RecordOptions) {
  const cap = codeCap(sweepMinutes)
  const unlock = lockFolder(dataDir)
  const db = openDatabase(dataDir)
  const newId = idMaker()
  const codes = openCodes(db, codeKey, cap)
  const sessions = openSessions(db)
  const seats = openSeats(db, codeKey, sessions)
  const sweeper = openSweeper(db, { session: retentionDays * DAY, code: cap })

  return {
    /** Makes an id that sorts by time, for sessions too. */
    newId,
    mint: openMinting(db, codeKey, cap, newId),
    checkCode: codes.check,
    getCode: codes.get,
    listCodes: codes.list,
    moveCode: codes.move,
    revokeCode: codes.revoke,
    knowsRoom: codes.knowsRoom,
    keep: seats.keep,
    hashToken: seats.hashToken,
    takeOver: seats.takeOver,
    noteAlive: seats.noteAlive,
    listSessions: sessions.list,

    /** Deletes one session and wipes it from the files. @returns whether there was one */
    eraseSession(id: string): boolean {
      const found = sessions.erase(id)
      if (found) sweeper.wipe()
      return found
    },

    /** Deletes what is too old; never rejects, a failure is in the report. */
    sweep: sweeper.sweep,
    sweepState: sweeper.state,

    /** Closes the database; a sweep that is under way stops. */
    close(): void {
      db.close()
      unlock()
    },
  }
}
