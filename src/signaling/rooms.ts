/** All rooms, and the places of their seats: runs an event, commits what must outlive the process, then tells. */
import { changesOf } from '../conversation/changes.ts'
import type { Keep } from '../conversation/ports.ts'
import { type Effect, emptyRoom, type Room, type Rules, type Seat } from '../conversation/room.ts'
import { type Event, step } from '../conversation/step.ts'
import { Commits } from './commits.ts'
import type { Place } from './place.ts'

/** What is said to who caused an event: before all effects, or where the disk refused. */
type Answer = { first?: () => void; refuse?: () => void }

export class Rooms {
  readonly #rooms = new Map<string, Room>()
  readonly #places = new Map<string, Place>()
  readonly #commits: Commits
  readonly #rules: Rules

  constructor(keep: Keep, failed: (error: unknown) => void, rules: Rules) {
    this.#commits = new Commits(keep, failed)
    this.#rules = rules
  }

  /** A room as it is now, or undefined if nobody is there. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /** The place of a peer, for as long as it has a seat. */
  place(peer: string): Place | undefined {
    return this.#places.get(peer)
  }

  /** The seat that a place is the outside of. */
  seat({ room, peer }: Place): Seat | undefined {
    return this.#rooms.get(room)?.seats.find((seat) => seat.peer === peer)
  }

  /** All seats, in no order. */
  *seats(): Iterable<Seat> {
    for (const { seats } of this.#rooms.values()) yield* seats
  }

  /** Puts rooms and places as the last process left them. */
  restore(rooms: readonly Room[], places: readonly Place[]): void {
    for (const room of rooms) this.#rooms.set(room.name, room)
    for (const place of places) this.#places.set(place.peer, place)
  }

  /**
   * Runs one event of a place through its room. What must outlive the process is committed before
   * anybody is told of it; where the disk refuses, all is as it was before. Throws a Refusal, and then
   * nothing has changed.
   */
  run(place: Place, event: Event, now: number, { first, refuse = () => {} }: Answer = {}): void {
    const before = this.#rooms.get(place.room) ?? emptyRoom(place.room)
    const { room, effects } = step(before, event, now, this.#rules)
    if (event.type === 'enter') this.#places.set(place.peer, place)
    this.#put(room)
    const tell = () => {
      first?.()
      for (const effect of effects) this.#deliver(effect)
    }
    const changes = changesOf(place.peer, before, room, effects, (peer) => this.#places.get(peer)?.outside)
    this.#commits.add({ changes, tell, undo: () => this.#put(before), refuse })
  }

  /** Does what changes nothing, after whatever still waits for the disk; `refuse` instead, where that refuses. */
  tell(tell: () => void, refuse?: () => void): void {
    this.#commits.add({ changes: [], tell, ...(refuse && { refuse }) })
  }

  /** Forgets a place that nobody was told of. */
  forget(peer: string): void {
    this.#places.delete(peer)
  }

  /** Writes what still waits for the disk. @returns whether it could be written */
  flush(): boolean {
    return this.#commits.flush()
  }

  #put(room: Room): void {
    if (room.seats.length === 0) this.#rooms.delete(room.name)
    else this.#rooms.set(room.name, room)
  }

  #deliver(effect: Effect): void {
    if (effect.effect === 'record') return
    if (effect.effect === 'send') return this.#places.get(effect.to)?.send(effect.message)
    this.#places.get(effect.peer)?.cut(effect.reason)
    this.#places.delete(effect.peer)
  }
}
