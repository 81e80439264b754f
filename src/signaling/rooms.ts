/** All rooms, and the channels of their seats: runs an event, commits what must outlive the process, then tells. */
import type { Instant } from '../contract/clock.ts'
import { changesOf } from '../conversation/changes.ts'
import { type Effect, emptyRoom, isAdmitted, type Room, type Rules, type Seat } from '../conversation/room.ts'
import { type Event, relay, step } from '../conversation/step.ts'
import type { PracticeSeats } from '../limits/practice-seats.ts'
import type { Channel } from './channel.ts'
import type { GroupCommit, Operation } from './group-commit.ts'

/** What is said to who caused an event: before all effects, after them, or where the disk refused. */
type Answer = { first?: () => void; then?: () => void; refuse?: () => void }

export class Rooms {
  /** Every room as it is, with all that still waits for the disk. */
  readonly #rooms = new Map<string, Room>()
  readonly #channels = new Map<string, Channel>()
  readonly #commit: Pick<GroupCommit, 'add'>
  readonly #rules: Rules
  readonly #practices: Pick<PracticeSeats, 'changed'>

  constructor(commit: Pick<GroupCommit, 'add'>, rules: Rules, practices: Pick<PracticeSeats, 'changed'>) {
    this.#commit = commit
    this.#rules = rules
    this.#practices = practices
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
    for (const room of rooms) this.#put(room)
  }

  /**
   * Runs one event of a channel through its room. What must outlive the process is committed before
   * anybody is told of it; where the disk refuses, all is as it was before. Throws a Refusal, and then
   * nothing has changed.
   */
  run(channel: Channel, event: Event, at: Instant, { first, then, refuse }: Answer = {}): void {
    const name = channel.room
    const before = this.#rooms.get(name) ?? emptyRoom(name)
    const { room, effects } = step(before, event, at, this.#rules)
    if (event.type === 'enter') this.#channels.set(channel.peer, channel)
    const changes = changesOf(channel.peer, before, room, effects, (peer) => this.#channels.get(peer)?.resumeState)
    this.#put(room)
    const tell = () => {
      first?.()
      for (const effect of effects) this.#deliver(effect)
      then?.()
    }
    const undo = () => {
      this.#put(before)
      // Nobody was told of it.
      if (event.type === 'enter') this.#channels.delete(channel.peer)
    }
    this.#add({ room: name, changes, tell, undo, refuse }, this.#moved(before, room))
  }

  /**
   * Hands a signal on. It waits for the disk only where one of the two still has to hear that it was admitted or put
   * back, or signals before this one: a call that runs goes on, whatever the disk does. Throws a Refusal.
   * @param refuse says that it is lost: it rested on what the disk then refused
   */
  relay({ peer, room: name, unsettled }: Channel, to: string, data: unknown, refuse: () => void): void {
    const room = this.#rooms.get(name)
    const effect = room && relay(room, peer, to, data)
    const other = this.#channels.get(to)
    // The sender has just lost its seat, unless the disk gives that back.
    if (!effect || !other) return this.tell(name, () => {}, refuse)
    const tell = () => this.#deliver(effect)
    if (unsettled === 0 && other.unsettled === 0) return tell()
    this.#add({ room: name, changes: [], tell, refuse }, [other])
  }

  /**
   * Does what changes nothing, after whatever of the room (undefined: of any) still waits for the disk;
   * `refuse` instead, where that refuses.
   */
  tell(room: string | undefined, tell: () => void, refuse?: () => void): void {
    this.#commit.add({ room, changes: [], tell, refuse })
  }

  /** Until it is told or taken back, it is counted with those whose signals have to wait for it. */
  #add({ tell, refuse = () => {}, ...operation }: Operation, waiting: readonly Channel[]): void {
    for (const channel of waiting) channel.unsettled += 1
    const settled = (act: () => void) => () => {
      for (const channel of waiting) channel.unsettled -= 1
      act()
    }
    this.#commit.add({ ...operation, tell: settled(tell), refuse: settled(refuse) })
  }

  /** The channels of all who are admitted now and were not before, or the other way round. */
  #moved(before: Room, { seats }: Room): Channel[] {
    const wasAdmitted = new Set(before.seats.filter(isAdmitted).map(({ peer }) => peer))
    return seats
      .filter((seat) => isAdmitted(seat) !== wasAdmitted.has(seat.peer))
      .flatMap(({ peer }) => this.#channels.get(peer) ?? [])
  }

  #put(room: Room): void {
    this.#practices.changed(this.#rooms.get(room.name) ?? emptyRoom(room.name), room)
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
