/** The house: all rooms, and who is connected to which seat. Runs events, commits, then tells. */

import { changesBetween, durable } from '../conversation/changes.ts'
import { readName } from '../conversation/name.ts'
import { Outbox } from '../conversation/outbox.ts'
import type { Change, CheckCode, Keep, Remains } from '../conversation/ports.ts'
import { restore } from '../conversation/restore.ts'
import { type Effect, emptyRoom, isAdmitted, type Room, type Rules } from '../conversation/room.ts'
import { type Event, step } from '../conversation/step.ts'
import { type CloseReason, errorCodes, Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { Commits } from './commits.ts'
import { newPeer, newToken, peerOf, sameHash } from './ids.ts'

/** A live connection, as far as the house needs to know one. */
export type Line = {
  readonly open: boolean
  send(text: string): void
  close(reason: CloseReason): void
}

/** The outside of a seat: its room's name, its connection, and what goes over that. */
export type Place = {
  readonly peer: string
  readonly room: string
  /** The resume token's keyed hash. */
  readonly token: string
  readonly outbox: Outbox
  line: Line | null
  /** The last client frame processed. */
  lastId: number
}

export type Ports = {
  checkCode: CheckCode
  keep: Keep
  newSession: (now: number) => string
  hashToken: (token: string) => string
  /** Hears of what could not be written. */
  failed: (error: unknown) => void
}

type Join = Extract<ClientMessage, { type: 'join' }>
type Resume = Extract<ClientMessage, { type: 'resume' }>

export type ServerInfo = Extract<ServerMessage, { type: 'joined' }>['server']

/** What is said to who caused an event: before all effects, or where the disk refused. */
type Answer = { first?: () => void; refuse?: () => void }

export class House {
  readonly #rooms = new Map<string, Room>()
  readonly #places = new Map<string, Place>()
  /** When seats lost their connection, the longest ago first. */
  readonly #away = new Map<Place, number>()
  readonly #commits: Commits
  readonly #ports: Ports
  readonly #rules: Rules
  readonly #server: ServerInfo

  constructor(ports: Ports, rules: Rules, server: ServerInfo) {
    this.#ports = ports
    this.#rules = rules
    this.#server = server
    this.#commits = new Commits(ports.keep, ports.failed)
  }

  /** Takes over what the last process left behind: from now on every seat can be resumed. */
  restore(remains: Remains, now: number): void {
    const { rooms, ended } = restore(remains, now)
    for (const room of rooms) this.#rooms.set(room.name, room)
    for (const { peer, room, token, epoch, lastId } of remains.seats) {
      const place: Place = { peer, room, token, outbox: new Outbox(epoch), line: null, lastId }
      this.#places.set(peer, place)
      this.#away.set(place, now)
    }
    if (ended.length > 0) this.#ports.keep(ended.map((session) => ({ change: 'session', session })))
  }

  /** Takes a seat for a connection. Throws a Refusal, and then nothing has changed. */
  join(line: Line, { code, name: given, takeover = false, id }: Join, now: number): Place {
    const ticket = this.#ports.checkCode(code, now)
    const name = readName(given)
    if (name === '' && ticket.role === 'guest') throw new Refusal('name_required')
    const { room, role } = ticket
    const peer = newPeer()
    const token = newToken(peer)
    const outbox = new Outbox(1)
    const place: Place = { peer, room, token: this.#ports.hashToken(token), outbox, line, lastId: id ?? 0 }
    const joined: ServerMessage = {
      ...{ type: 'joined', peer, role, state: role === 'host' ? 'admitted' : 'waiting', epoch: outbox.epoch },
      ...{ resume: { token, within: Math.floor(this.#rules.resumeMs / 1000) }, server: this.#server },
      ...(id !== undefined && { re: id }),
    }
    this.#run(place, { type: 'enter', ticket, peer, name, takeover }, now, {
      first: () => line.send(JSON.stringify(joined)),
      refuse: () => {
        this.#places.delete(peer)
        line.send(JSON.stringify(internal(id)))
        line.close('refused')
      },
    })
    return place
  }

  /** Gives a seat back to a new connection; the old one, if it still stands, is cut. Throws a Refusal. */
  resume(line: Line, { token, epoch, seq, name: given, id }: Resume, now: number): Place {
    const place = this.#places.get(peerOf(token))
    const seat = place && this.#rooms.get(place.room)?.seats.find((seat) => seat.peer === place.peer)
    if (!seat || !sameHash(this.#ports.hashToken(token), place.token)) throw new Refusal('seat_expired')
    const name = readName(given)
    const { peer, outbox } = place
    const { role, state } = seat
    const lossless = epoch === outbox.epoch && outbox.after(seq) !== undefined
    place.line?.close('replaced')
    place.line = null
    const first = () => {
      // What waited for the disk until now is among the missed frames, or has driven them out.
      const missed = lossless ? outbox.after(seq) : []
      if (!line.open || !missed) {
        line.close('too_slow')
        return this.#lose(place, now)
      }
      place.line = line
      this.#away.delete(place)
      outbox.acknowledge(lossless ? seq : outbox.seq)
      const resumed: ServerMessage = {
        ...{ type: 'resumed', peer, role, state, epoch: outbox.epoch, id: place.lastId, lossless },
        ...(id !== undefined && { re: id }),
      }
      line.send(JSON.stringify(resumed))
      for (const text of missed) line.send(text)
      place.lastId = Math.max(place.lastId, id ?? 0)
    }
    const refuse = () => {
      line.send(JSON.stringify(internal(id)))
      line.close('restarting')
      this.#lose(place, now)
    }
    this.#run(place, { type: 'back', peer, name, lossless }, now, { first, refuse })
    return place
  }

  /** Carries out what a seated peer says. Throws a Refusal; a frame that was processed before is ignored. */
  say(place: Place, message: ClientMessage, now: number): void {
    const { id } = message
    if (id !== undefined) {
      if (id <= place.lastId) return
      place.lastId = id
    }
    const newSession = message.type === 'admit' ? this.#ports.newSession(now) : ''
    const refuse = () => this.#send(place, internal(id))
    this.#run(place, { type: 'say', peer: place.peer, message, newSession }, now, { refuse })
  }

  /** Sends a seat a message that concerns it alone, after whatever still waits for the disk. */
  tell(place: Place, message: ServerMessage): void {
    const tell = () => this.#send(place, message)
    this.#commits.add({ changes: [], tell, undo: () => {}, refuse: tell })
  }

  /** A connection is gone. The seat is away, unless a newer connection holds it. */
  lost(place: Place, line: Line, now: number): void {
    if (place.line !== line || !this.#places.has(place.peer)) return
    place.line = null
    this.#lose(place, now)
  }

  /** Closes the seat that was taken with a code, if there is one; throws if that cannot be written. */
  revoke(room: string, code: string, now: number): void {
    const seat = this.#rooms.get(room)?.seats.find((seat) => seat.code === code)
    const place = seat && this.#places.get(seat.peer)
    if (!place) return
    this.#run(place, { type: 'revoke', code }, now)
    if (!this.#commits.flush()) throw new Error('a seat could not be closed on disk')
  }

  /** Gives up the seats that have been away for too long. What cannot be written is tried again the next time. */
  expire(now: number): void {
    for (const [place, since] of this.#away) {
      if (now - since < this.#rules.resumeMs) return
      this.#run(place, { type: 'expire', peer: place.peer }, now)
    }
  }

  /** Sends everyone admitted ICE servers with fresh credentials. */
  refreshIce(now: number): void {
    for (const { seats } of this.#rooms.values()) {
      for (const { peer } of seats.filter(isAdmitted)) {
        const place = this.#places.get(peer)
        if (place) this.tell(place, { type: 'ice', ...this.#rules.iceFor(peer, now) })
      }
    }
  }

  /** Writes what still waits for the disk. */
  flush(): void {
    this.#commits.flush()
  }

  /** A room as it is now, or undefined if nobody is there. */
  room(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /**
   * Runs one event of a place through its room. What must outlive the process is committed before
   * anybody is told of it; where the disk refuses, all is as it was before.
   */
  #run(place: Place, event: Event, now: number, { first = () => {}, refuse = () => {} }: Answer = {}): void {
    const before = this.#rooms.get(place.room) ?? emptyRoom(place.room)
    const { room, effects } = step(before, event, now, this.#rules)
    if (event.type === 'enter') this.#places.set(place.peer, place)
    this.#put(room)
    const tell = () => {
      first()
      for (const effect of effects) this.#deliver(effect)
    }
    this.#commits.add({
      changes: this.#changes(place, before, room, effects),
      tell,
      undo: () => this.#put(before),
      refuse,
    })
  }

  #lose(place: Place, now: number): void {
    if (!this.#away.has(place)) this.#away.set(place, now)
    // It is lost even if the disk refuses what happened in the same turn.
    this.#run(place, { type: 'lost', peer: place.peer }, now, { refuse: () => this.#lose(place, now) })
  }

  #put(room: Room): void {
    if (room.seats.length === 0) this.#rooms.delete(room.name)
    else this.#rooms.set(room.name, room)
  }

  /** What an event has changed that must be on disk, and up to which frame of its peer that was. */
  #changes(by: Place, before: Room, after: Room, effects: readonly Effect[]): Change[] {
    if (before === after) return []
    const changed = changesBetween(before, after)
    const sessions = effects.flatMap((effect) => (effect.effect === 'record' ? [effect.session] : []))
    if (changed.seats.length + changed.gone.length + sessions.length === 0) return []
    const own = after.seats.find((seat) => seat.peer === by.peer)
    const seats = new Set(own ? [...changed.seats, own] : changed.seats)
    return [
      ...changed.gone.map((peer): Change => ({ change: 'gone', peer })),
      ...[...seats].flatMap((seat): Change[] => {
        const place = this.#places.get(seat.peer)
        if (!place) return []
        const { token, lastId, outbox } = place
        return [{ change: 'seat', seat: { ...durable(seat), room: after.name, token, lastId, epoch: outbox.epoch } }]
      }),
      ...sessions.map((session): Change => ({ change: 'session', session })),
    ]
  }

  #deliver(effect: Effect): void {
    if (effect.effect === 'record') return
    const place = this.#places.get(effect.effect === 'send' ? effect.to : effect.peer)
    if (!place) return
    if (effect.effect === 'send') this.#send(place, effect.message)
    else this.#giveUp(place, effect.reason)
  }

  #send(place: Place, message: ServerMessage): void {
    const text = place.outbox.push(message)
    place.line?.send(text)
  }

  #giveUp(place: Place, reason: CloseReason): void {
    this.#places.delete(place.peer)
    this.#away.delete(place)
    place.line?.close(reason)
    place.line = null
  }
}

function internal(id: number | undefined): ServerMessage {
  return { type: 'error', code: 'internal', message: errorCodes.internal, ...(id !== undefined && { re: id }) }
}
