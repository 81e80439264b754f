/** The house: all rooms, and who is connected to which seat. Runs events, commits, then tells. */
import { changesOf } from '../conversation/changes.ts'
import { readName } from '../conversation/name.ts'
import type { CheckCode, Keep, Remains } from '../conversation/ports.ts'
import { restore } from '../conversation/restore.ts'
import { type Effect, emptyRoom, isAdmitted, type Room, type Rules } from '../conversation/room.ts'
import { type Event, step } from '../conversation/step.ts'
import { Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { Commits } from './commits.ts'
import { newPeer, newToken, peerOf, sameHash } from './ids.ts'
import { answer, INTERNAL, type Line, Place } from './place.ts'

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
    for (const seat of remains.seats) {
      const place = new Place(seat)
      this.#places.set(seat.peer, place)
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
    const place = new Place({ peer, room, token: this.#ports.hashToken(token), epoch: 1, lastId: id ?? 0 })
    place.line = line
    const state = role === 'host' ? 'admitted' : 'waiting'
    const resume = { token, within: Math.floor(this.#rules.resumeMs / 1000) }
    const joined: ServerMessage = { type: 'joined', peer, role, state, epoch: 1, resume, server: this.#server }
    const first = () => line.send(answer(joined, id))
    const refuse = () => {
      this.#places.delete(peer)
      line.send(answer(INTERNAL, id))
      line.close('refused')
    }
    this.#run(place, { type: 'enter', ticket, peer, name, takeover }, now, { first, refuse })
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
    place.cut('replaced')
    const first = () => {
      // What waited for the disk until now is among the missed frames, or has driven them out.
      const missed = lossless ? outbox.after(seq) : []
      if (!line.open || !missed) {
        line.close('too_slow')
        return queueMicrotask(() => this.#lose(place, now)) // after the others were told that it is back
      }
      // Another connection may have come back in the same turn.
      place.cut('replaced')
      place.line = line
      this.#away.delete(place)
      outbox.acknowledge(lossless ? seq : outbox.seq)
      line.send(answer({ type: 'resumed', peer, role, state, epoch: outbox.epoch, id: place.lastId, lossless }, id))
      for (const text of missed) line.send(text)
      place.lastId = Math.max(place.lastId, id ?? 0)
    }
    const refuse = () => {
      line.send(answer(INTERNAL, id))
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
    const refuse = () => place.send({ ...INTERNAL, ...(id !== undefined && { re: id }) })
    this.#run(place, { type: 'say', peer: place.peer, message, newSession }, now, { refuse })
  }

  /** Sends a seat a message that concerns it alone, after whatever still waits for the disk. */
  tell(place: Place, message: ServerMessage): void {
    const tell = () => place.send(message)
    this.#commits.add({ changes: [], tell, refuse: tell })
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
        // Nothing where the disk refuses: an admit may be taken back, and who waits gets no servers.
        const tell = () => place?.send({ type: 'ice', ...this.#rules.iceFor(peer, now) })
        this.#commits.add({ changes: [], tell })
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
  #run(place: Place, event: Event, now: number, { first, refuse = () => {} }: Answer = {}): void {
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

  #lose(place: Place, now: number): void {
    if (!this.#places.has(place.peer)) return
    if (!this.#away.has(place)) this.#away.set(place, now)
    // It is lost even if the disk refuses what happened in the same turn.
    this.#run(place, { type: 'lost', peer: place.peer }, now, { refuse: () => this.#lose(place, now) })
  }

  #put(room: Room): void {
    if (room.seats.length === 0) this.#rooms.delete(room.name)
    else this.#rooms.set(room.name, room)
  }

  #deliver(effect: Effect): void {
    if (effect.effect === 'record') return
    const place = this.#places.get(effect.effect === 'send' ? effect.to : effect.peer)
    if (effect.effect === 'send') return place?.send(effect.message)
    this.#places.delete(effect.peer)
    if (!place) return
    this.#away.delete(place)
    place.cut(effect.reason)
  }
}
