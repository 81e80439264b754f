/** All rooms, and the channels of their seats: runs an event, commits what must outlive the process, then tells. */
import { changesOf } from '../conversation/changes.ts'
import {
  type Effect,
  emptyRoom,
  type Instant,
  isAdmitted,
  type Room,
  type Rules,
  type Seat,
} from '../conversation/room.ts'
import { type Event, relay, step } from '../conversation/step.ts'
import type { Channel } from './channel.ts'
import type { GroupCommit } from './group-commit.ts'

/** What is said to who caused an event: before all effects, after them, or where the disk refused. */
type Answer = { first?: () => void; then?: () => void; refuse?: () => void }

export class Rooms {
  /** Every room as it is, with all that still waits for the disk. */
  readonly #rooms = new Map<string, Room>()
  readonly #channels = new Map<string, Channel>()
  readonly #commit: GroupCommit
  readonly #rules: Rules

  constructor(commit: GroupCommit, rules: Rules) {
    this.#commit = commit
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

  /** All rooms in which somebody has a seat, in no order. */
  all(): Iterable<Room> {
    return this.#rooms.values()
  }

  /** All seats, in no order. */
  *seats(): Iterable<Seat> {
    for (const { seats } of this.all()) yield* seats
  }

  /** Puts rooms and channels as the last process left them. */
  restore(rooms: readonly Room[], channels: readonly Channel[]): void {
    for (const channel of channels) this.#channels.set(channel.peer, channel)
    for (const room of rooms) {
      this.#rooms.set(room.name, room)
      this.#admit(room)
    }
  }

  /**
   * Runs one event of a channel through its room. What must outlive the process is committed before
   * anybody is told of it; where the disk refuses, all is as it was before. Throws a Refusal, and then
   * nothing has changed.
   */
  run(channel: Channel, event: Event, at: Instant, { first, then, refuse = () => {} }: Answer = {}): void {
    const name = channel.room
    const before = this.#rooms.get(name) ?? emptyRoom(name)
    const { room, effects } = step(before, event, at, this.#rules)
    if (event.type === 'enter') this.#channels.set(channel.peer, channel)
    const changes = changesOf(channel.peer, before, room, effects, (peer) => this.#channels.get(peer)?.resumeState)
    this.#put(room)
    const tell = () => {
      if (changes.length > 0) this.#admit(room)
      first?.()
      for (const effect of effects) this.#deliver(effect)
      then?.()
    }
    this.#commit.add({ room: name, changes, tell, undo: () => this.#put(before), refuse })
  }

  /**
   * Hands a signal on. It waits for the disk only where that still has to hear that one of the two was
   * admitted: a call that runs goes on, whatever the disk does. Throws a Refusal.
   */
  relay({ peer, room: name, admitted }: Channel, to: string, data: unknown): void {
    const room = this.#rooms.get(name)
    const effect = room && relay(room, peer, to, data)
    if (!effect) return
    if (admitted && this.#channels.get(to)?.admitted) return this.#deliver(effect)
    this.tell(name, () => this.#deliver(effect))
  }

  /**
   * Does what changes nothing, after whatever of the room (undefined: of any) still waits for the disk;
   * `refuse` instead, where that refuses.
   */
  tell(room: string | undefined, tell: () => void, refuse: () => void = () => {}): void {
    this.#commit.add({ room, changes: [], tell, refuse })
  }

  /** Forgets a channel that nobody was told of. */
  forget(peer: string): void {
    this.#channels.delete(peer)
  }

  /** Notes for the channels of a room who is admitted, now that it is safe. */
  #admit({ seats }: Room): void {
    for (const seat of seats) {
      const channel = this.#channels.get(seat.peer)
      if (channel) channel.admitted = isAdmitted(seat)
    }
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
