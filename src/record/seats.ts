/** Seats on disk, so that they outlive the process: never a name, and of the resume token only a keyed hash. */
import { createHmac } from 'node:crypto'
import type { Change, SavedState, SeatRecord } from '../contract/records.ts'
import type { Database } from './database.ts'
import type { openSessions } from './sessions.ts'

export function openSeats(db: Database, codeKey: string, sessions: ReturnType<typeof openSessions>) {
  const put = db.prepare(
    `INSERT INTO seats (peer, room, role, state, code, since, turn, guests, reference, token, epoch, last_id)
     VALUES (@peer, @room, @role, @state, @code, @since, @turn, @guests, @reference, @token, @epoch, @lastId)
     ON CONFLICT (peer) DO UPDATE SET state = excluded.state, turn = excluded.turn, last_id = excluded.last_id`,
  )
  const remove = db.prepare('DELETE FROM seats WHERE peer = ?')
  const all = db.prepare<unknown[], SeatRecord>(
    `SELECT peer, room, role, state, code, since, turn, guests, reference, token, epoch, last_id AS lastId
     FROM seats ORDER BY since, rowid`,
  )
  const nextEpoch = db.prepare('UPDATE seats SET epoch = epoch + 1')
  const readAlive = db.prepare<unknown[], number>('SELECT last_alive FROM process').pluck()
  const writeAlive = db.prepare(
    'INSERT INTO process (rowid, last_alive) VALUES (1, @now) ON CONFLICT (rowid) DO UPDATE SET last_alive = @now',
  )

  const persistAll = db.transaction((changes: readonly Change[]) => {
    for (const change of changes) {
      switch (change.change) {
        case 'seat':
          put.run(change.seat)
          break
        case 'gone':
          remove.run(change.peer)
          break
        case 'session':
          sessions.put(change.session)
          break
        default:
          change satisfies never
      }
    }
  })

  return {
    /** Commits changes in their order, all or none; throws if it cannot. */
    persist: (changes: readonly Change[]): void => persistAll.immediate(changes),

    /** The only form in which a resume token is on disk. */
    hashToken: (token: string): string => createHmac('sha256', codeKey).update(`token ${token}`).digest('base64url'),

    /** What the last process left behind. Every seat begins a new epoch, since what it was sent is gone. */
    restore: db.transaction((): SavedState => {
      nextEpoch.run()
      sessions.cutOff(readAlive.get() ?? 0)
      return { seats: all.all(), sessions: sessions.running() }
    }),

    /** Notes that the process lives, so that after a crash it is known until when it did. */
    noteAlive: (now: number): void => void writeAlive.run({ now }),
  }
}
