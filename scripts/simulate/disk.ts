/** A virtual disk: what is on it outlives the process, and it may be full, slow or locked. */
import type { Change, SavedState, SeatRecord, SessionRecord } from '../../src/contract/records.ts'
import type { Timeline } from './timeline.ts'

export type DiskState = 'sound' | 'slow' | 'full' | 'locked'

/** What the disk needs of who watches over it. */
export type DiskEvents = {
  seatGone(peer: string): void
  session(record: SessionRecord): void
  /** Something is safe, and nobody was told yet. */
  committed(): void
  failed(why: string): void
}

/** How long another program's lock is waited for. */
const LOCK = 250

export class Disk {
  readonly seats = new Map<string, SeatRecord>()
  /** All sessions that were ever written, and those that run. */
  readonly sessions = new Set<string>()
  readonly #running = new Map<string, SessionRecord>()
  state: DiskState = 'sound'
  lastAlive = 0
  commits = 0
  readonly #timeline: Timeline
  readonly #random: () => number
  readonly #events: DiskEvents

  constructor(timeline: Timeline, random: () => number, events: DiskEvents) {
    this.#timeline = timeline
    this.#random = random
    this.#events = events
  }

  /** As the contract wants it: takes its time, and rejects where it cannot. */
  persist(changes: readonly Change[], lives: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait = { sound: 1, slow: 3_000, full: 2, locked: LOCK }[this.state] * (0.5 + this.#random())
      this.#timeline.after(wait / 2, () => {
        if (!lives()) return
        const refused = this.#refusal()
        if (refused) return this.#timeline.keep(() => reject(refused))
        this.#write(changes)
        this.#timeline.after(wait / 2, () => {
          if (lives()) this.#timeline.keep(resolve)
        })
      })
    })
  }

  /** What a new process finds: everybody is in a new epoch, and sessions that ran were cut off. */
  restore(): SavedState {
    for (const [peer, seat] of this.seats) this.seats.set(peer, { ...seat, epoch: seat.epoch + 1 })
    for (const [id, session] of this.#running) {
      const cutOff = session.cutOff ?? Math.max(session.start, this.lastAlive)
      this.#running.set(id, { ...session, cutOff })
    }
    const seats = [...this.seats.values()].sort((a, b) => a.since - b.since)
    return { seats, sessions: [...this.#running.values()] }
  }

  #refusal(): Error | undefined {
    return this.state === 'full' || this.state === 'locked' ? new Error(`the disk is ${this.state}`) : undefined
  }

  #write(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.change === 'seat') this.seats.set(change.seat.peer, change.seat)
      else if (change.change === 'gone') {
        this.seats.delete(change.peer)
        this.#events.seatGone(change.peer)
      } else {
        const { session } = change
        this.sessions.add(session.id)
        if (session.end === null) this.#running.set(session.id, session)
        else this.#running.delete(session.id)
        this.#events.session(session)
      }
    }
    this.commits += 1
    this.#events.committed()
    const rooms = new Set([...this.#running.values()].map(({ room }) => room))
    if (rooms.size < this.#running.size) this.#events.failed('two sessions run in one room')
  }
}
