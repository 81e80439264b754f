/** What has happened, beside what the connection record says of it. */
import type { SessionRecord } from '../../src/contract/records.ts'
import { SWEEP } from './disk.ts'
import type { Promises } from './promises.ts'

/** A killed process is known to have lived a minute before, or a little more where the disk was full; and what looks take. */
const TOLERANCE = 90_000
/** Who was heard so recently is there: they are pinged more often. */
const THERE = 35_000
const DAY = 86_400_000
const RETENTION = SWEEP.retentionDays * DAY

/** One side of a session: when it was last heard, and until when it looked as if it were there. */
type Side = { heard: number; there: number }
type Course = {
  room: string
  began: number
  misled: number
  host: Side
  guests: Side
  codes: Set<string>
  /** When both were last heard while both were there, and in which life of the server. */
  together: { at: number; life: number }
  /** The same, as it was when a process last noted that it lived. */
  noted: number
}

export class Ledger {
  recorded = 0
  readonly #courses = new Map<string, Course>()
  /** When the sessions that were recorded and are not due yet began, by their ids. */
  readonly #kept = new Map<string, number>()
  readonly #promises: Promises
  readonly #now: () => number

  constructor(promises: Promises, now: () => number) {
    this.#promises = promises
    this.#now = now
  }

  /** To be called every few seconds: notes who is in session, as the disk and what the server heard say it. */
  note(): void {
    const { server } = this.#promises
    if (!server) return
    for (const [id, course] of this.#courses) {
      const { room, host, guests, together } = course
      const present = new Set<Side>()
      for (const { peer, role, state, ...seat } of server.disk.seats.values()) {
        if (seat.room !== room || state !== 'admitted' || !this.#promises.heardWithin(peer, THERE)) continue
        const side = role === 'guest' ? guests : host
        side.there = this.#now()
        side.heard = Math.max(side.heard, this.#promises.heardAt(peer))
        // From its seat: a resume may come when the disk already writes that the seat is given up.
        if (this.#promises.heardAt(peer) > server.began) present.add(side)
      }
      for (const [{ open, role }, { person, session }] of this.#promises.pages) {
        if (open && role === 'guest' && session === id) course.codes.add(person.pass.code)
      }
      if (present.size < 2) continue
      together.at = Math.min(host.heard, guests.heard)
      together.life = server.lives
    }
  }

  /** A process has noted on the disk that it lives, and what is to be known of its sessions. */
  alive(): void {
    for (const course of this.#courses.values()) {
      if (course.together.life === this.#promises.server?.lives) course.noted = course.together.at
    }
  }

  #life = (): number => this.#promises.server?.lives ?? 0

  /** A session is written: begun, changed, or ended when its last guest, or its host, was last there. */
  written({ id, room, start, end, participants, reason }: SessionRecord): void {
    const began = this.#now()
    const misled = this.#promises.server?.misled ?? 0
    const side = () => ({ heard: began, there: began })
    const course: Course = this.#courses.get(id) ?? {
      ...{ room, began, misled, host: side(), guests: side(), codes: new Set() },
      ...{ together: { at: began, life: this.#life() }, noted: began },
    }
    this.#courses.set(id, course)
    if (end === null) {
      const others = [...this.#courses.values()].filter((other) => other.room === room && other !== course)
      return others.length > 0 ? this.#promises.broken('two sessions run in one room') : undefined
    }
    this.#kept.set(id, start)
    this.#courses.delete(id)
    this.recorded += 1
    const { host, guests, codes, together, noted } = course
    if (participants < 1 + codes.size) this.#promises.broken('a participant is not in the record')
    const most = Math.min(host.there, guests.there)
    // A process that died knew more than is on its disk: who was there alone, and what came after its last note.
    const least = together.life === this.#life() ? Math.min(host.heard, guests.heard) : noted
    const until = course.began + end - start
    const tolerance = TOLERANCE + misled - course.misled
    if (until > least - tolerance && until < most + tolerance) return
    const [between, and, not] = [least, most, until].map((instant) => Math.round((instant - course.began) / 1000))
    this.#promises.broken(`a session of ${between} s to ${and} s is recorded as ${not} s, ${reason}`)
  }

  /** @param ids of the sessions that are still there, after what was too old at an instant was deleted */
  swept(ids: ReadonlySet<string>, now: number): void {
    for (const [id, start] of this.#kept) {
      const age = now - start
      if (age < RETENTION && !ids.has(id)) this.#promises.broken('a session was deleted too early')
      if (age > RETENTION + DAY && ids.has(id)) this.#promises.broken('a session was kept for too long')
      if (!ids.has(id)) this.#kept.delete(id)
    }
  }
}
