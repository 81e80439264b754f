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

type Course = { room: string; began: number; lastBoth: number; heardBoth: number; misled: number; codes: Set<string> }

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

  /** To be called every few seconds: notes who is in session with whom. */
  note(): void {
    const there = [...this.#promises.pages].filter(
      ([{ open, peer }]) => open && peer && this.#promises.heardWithin(peer, THERE),
    )
    const hosts = new Map(
      there.filter(([{ role }]) => role === 'host').map(([{ peer }, { person }]) => [person.pass.room, peer]),
    )
    for (const [{ role, peer }, { person, state, session }] of there) {
      if (role !== 'guest' || state !== 'admitted' || !session) continue
      const course = this.#courses.get(session)
      course?.codes.add(person.pass.code)
      const host = hosts.get(person.pass.room)
      if (!course || !host) continue
      const heard = Math.min(this.#promises.heardAt(host), this.#promises.heardAt(peer ?? ''))
      course.heardBoth = Math.max(course.heardBoth, heard)
      course.lastBoth = this.#now()
    }
  }

  /** A session is written: begun, changed, or ended. */
  written({ id, room, start, end, participants, reason }: SessionRecord): void {
    const now = this.#now()
    const misled = this.#promises.server?.misled ?? 0
    const course = this.#courses.get(id) ?? {
      room,
      began: now,
      lastBoth: now,
      heardBoth: now,
      misled,
      codes: new Set<string>(),
    }
    this.#courses.set(id, course)
    if (end === null) {
      const others = [...this.#courses.values()].filter((other) => other.room === room && other !== course)
      return others.length > 0 ? this.#promises.broken('two sessions run in one room') : undefined
    }
    this.#kept.set(id, start)
    this.note()
    this.#courses.delete(id)
    this.recorded += 1
    if (participants < 1 + course.codes.size) this.#promises.broken('a participant is not in the record')
    // A line that is lost is taken for a person for a while, longer where the server stands still.
    const [least, most] = [course.heardBoth - course.began, course.lastBoth - course.began]
    const tolerance = TOLERANCE + misled - course.misled
    if (end - start < least - tolerance || end - start > most + tolerance) {
      const [between, and, not] = [least, most, end - start].map((ms) => Math.round(ms / 1000))
      this.#promises.broken(`a session of ${between} s to ${and} s is recorded as ${not} s, ${reason}`)
    }
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
