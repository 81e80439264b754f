/** A virtual disk under the real record: what is on it outlives the process, and it may be full, slow or locked. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Change, SeatRecord, SessionRecord } from '../../src/contract/records.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { openCold } from '../../src/record/cold.ts'
import { openHot } from '../../src/record/hot.ts'
import { connect } from '../../src/record/record.ts'
import type { Remote } from '../../src/record/thread.ts'
import type { Timeline } from './timeline.ts'

export type DiskState = 'sound' | 'slow' | 'full' | 'locked'

/** What the disk needs of who watches over it. */
export type DiskEvents = {
  seatGone(peer: string): void
  session(record: SessionRecord): void
  /** Something of seats or sessions is being written, and is still as it was. */
  changing(): void
  /** A process has noted that it lives. */
  alive(): void
  /** What was too old at an instant of the server's clock is deleted. */
  swept(now: number): void
  /** Something is safe, and nobody was told yet. */
  committed(): void
}

/** Of the retention a clock may be wrong by a part only: by a clock that is later everything is too old. */
export const SWEEP = { retentionDays: 5, sweepMinutes: 60 }
/** How long another program's lock on the record is waited for; the seats have a file of their own. */
const LOCK = 2_000
const READS = new Set(['codeKeys', 'list', 'isRunning', 'emptyLog'])

export class Disk {
  /** The seats, and whose were ever written; all sessions that were. */
  readonly seats = new Map<string, SeatRecord>()
  readonly peers = new Set<string>()
  readonly sessions = new Set<string>()
  state: DiskState = 'sound'
  commits = 0
  /** What the clock of the server said when it last noted that it lived, less the time. */
  clock: number | undefined
  readonly #folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulated-'))
  readonly #options = { dataDir: this.#folder, codeKey: 'simulated'.padEnd(32, '-'), ...SWEEP }
  readonly #hot = openHot(this.#folder)
  readonly #cold = openCold(this.#options)
  readonly #reader = new Sqlite(join(this.#folder, 'wartezimmer.db'), { readonly: true })
  readonly #ids = this.#reader.prepare<[], string>('SELECT id FROM sessions').pluck()
  readonly #timeline: Timeline
  readonly #random: () => number
  readonly #events: DiskEvents

  constructor(timeline: Timeline, random: () => number, events: DiskEvents) {
    this.#timeline = timeline
    this.#random = random
    this.#events = events
  }

  /** As practices mint their codes: what to type, and what the record calls it. */
  mint(
    room: string,
    role: 'guest' | 'host',
    guests: number,
    window: { notBefore: number; expiresAt: number },
    now: number,
  ) {
    const { codes } = this.#cold.mint({ room, roles: [role], guests, ...window }, { admin: 'practice', rooms: '', now })
    const { id, symbols } = codes[0] as (typeof codes)[number]
    return { id, code: symbols }
  }

  /** The record as a process has it, for as long as that lives. */
  record(lives: () => boolean) {
    const [hot, cold] = [this.#remote(this.#hot, lives, 'hot'), this.#remote(this.#cold, lives, 'cold')]
    return connect({ hot, cold, reader: this.#reader }, this.#options)
  }

  /** The ids of all sessions on the disk. */
  kept(): Set<string> {
    return new Set([
      ...this.#ids.all(),
      ...this.#hot.list({ limit: 10_000 }, 0, { admin: 'practice', rooms: '', now: 0 }).map(({ id }) => id),
    ])
  }

  close(): void {
    this.#reader.close()
    this.#cold.close()
    this.#hot.close()
    rmSync(this.#folder, { recursive: true })
  }

  /** Carries out what is asked one after the other, as a thread does: in the middle of the time that it takes. */
  #remote<Functions extends object>(
    functions: Functions,
    lives: () => boolean,
    file: 'hot' | 'cold',
  ): Remote<Functions> {
    let free = 0
    const call =
      (name: string, run: (...args: unknown[]) => unknown) =>
      (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const { state } = this
          const refused = READS.has(name) ? undefined : this.#refusal(file)
          const wait = (state === 'slow' ? 3_000 : refused && state === 'locked' ? LOCK : 1) * (0.5 + this.#random())
          const begin = Math.max(free, this.#timeline.now)
          free = begin + wait
          this.#timeline.at(begin + wait / 2, () => {
            if (!lives()) return
            const answer = this.#attempt(
              () => {
                if (refused) throw refused
                const result = run(...args)
                this.#note(name, args)
                return result
              },
              { resolve, reject },
            )
            // Whether an event loop hears first of this or of what has come over the network, is chance.
            this.#timeline.at(
              Math.ceil(begin + wait),
              () => lives() && this.#timeline.keep(answer),
              20 * this.#random(),
            )
          })
        })
    return Object.fromEntries(
      Object.entries(functions).map(([name, run]) => [name, call(name, run)]),
    ) as Remote<Functions>
  }

  #attempt(act: () => unknown, { resolve, reject }: { resolve(result: unknown): void; reject(error: unknown): void }) {
    try {
      const result = act()
      return () => resolve(result)
    } catch (error) {
      return () => reject(error)
    }
  }

  #refusal(file: 'hot' | 'cold'): Error | undefined {
    if (this.state === 'full') return new Error('the disk is full')
    return this.state === 'locked' && file === 'cold' ? new Refusal('server_busy') : undefined
  }

  #note(name: string, args: readonly unknown[]): void {
    if (name === 'sweep') return this.#events.swept((args[0] as number) + SWEEP.retentionDays * 86_400_000)
    if (name === 'noteAlive') {
      this.clock = (args[0] as number) - this.#timeline.now
      this.#events.alive()
    }
    if (name !== 'persist') return
    this.#events.changing()
    for (const change of args[0] as readonly Change[]) {
      if (change.change === 'seat') {
        this.seats.set(change.seat.peer, change.seat)
        this.peers.add(change.seat.peer)
      } else if (change.change === 'gone') {
        this.seats.delete(change.peer)
        this.#events.seatGone(change.peer)
      } else {
        this.sessions.add(change.session.id)
        this.#events.session(change.session)
      }
    }
    this.commits += 1
    this.#events.committed()
  }
}
