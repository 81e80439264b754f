/** All rooms, and the channels of their seats: runs an event, commits what must outlive the process, then tells. */

import type { Persist } from '../contract/records.ts'
import { changesOf } from '../conversation/changes.ts'
import { type Effect, emptyRoom, type Room, type Rules, type Seat } from '../conversation/room.ts'
import { type Event, step } from '../conversation/step.ts'
import type { Channel } from './channel.ts'
import { GroupCommit } from './group-commit.ts'

/** What is said to who caused an event: before all effects, or where the disk refused. */
type Answer = { first?: () => void; refuse?: () => void }

export class Rooms {
  readonly #rooms = new Map<string, Room>()
  readonly #channels = new Map<string, Channel>()
  readonly #commits: GroupCommit
  readonly #rules: Rules

  constructor(persist: Persist, failed: (error: unknown) => void, rules: Rules) {
    this.#commits = new GroupCommit(persist, failed)
    this.#rules = rules
  }

  /** A room as it is now, or undefined if nobody is there. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /** The channel of a peer, for as long as it has a seat. */
  channel(peer: string): Channel | undefined {
    return this.#channels.get(peer)
  }

  /** The seat that a channel belongs to. */
  seat({ room, peer }: Channel): Seat | undefined {
    return this.#rooms.get(room)?.seats.find((seat) => seat.peer === peer)
  }

  /** All seats, in no order. */
  *seats(): Iterable<Seat> {
    for (const { seats } of this.#rooms.values()) yield* seats
  }

  /** Puts rooms and channels as the last process left them. */
  restore(rooms: readonly Room[], channels: readonly Channel[]): void {
    for (const room of rooms) this.#rooms.set(room.name, room)
    for (const channel of channels) this.#channels.set(channel.peer, channel)
  }

  /**
   * Runs one event of a channel through its room. What must outlive the process is committed before
   * anybody is told of it; where the disk refuses, all is as it was before. Throws a Refusal, and then
   * nothing has changed.
   */
  run(channel: Channel, event: Event, now: number, { first, refuse = () => {} }: Answer = {}): void {
    const before = this.#rooms.get(channel.room) ?? emptyRoom(channel.room)
    const { room, effects } = step(before, event, now, this.#rules)
    if (event.type === 'enter') this.#channels.set(channel.peer, channel)
    this.#put(room)
    const tell = () => {
      first?.()
      for (const effect of effects) this.#deliver(effect)
    }
    const changes = changesOf(channel.peer, before, room, effects, (peer) => this.#channels.get(peer)?.resumeState)
    this.#commits.add({ changes, tell, undo: () => this.#put(before), refuse })
  }

  /** Does what changes nothing, after whatever still waits for the disk; `refuse` instead, where that refuses. */
  tell(tell: () => void, refuse?: () => void): void {
    this.#commits.add({ changes: [], tell, ...(refuse && { refuse }) })
  }

  /** Forgets a channel that nobody was told of. */
  forget(peer: string): void {
    this.#channels.delete(peer)
  }

  /** Writes what still waits for the disk. @returns whether it could be written */
  flush(): Promise<boolean> {
    return this.#commits.flush()
  }

  #put(room: Room): void {
    if (room.seats.length === 0) this.#rooms.delete(room.name)
    else this.#rooms.set(room.name, room)
  }

  #deliver(effect: Effect): void {
    if (effect.effect === 'record') return
    if (effect.effect === 'send') return this.#channels.get(effect.to)?.send(effect.message)
    this.#channels.get(effect.peer)?.cut(effect.reason)
    this.#channels.delete(effect.peer)
  }
}
