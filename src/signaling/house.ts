/** The house: all rooms, and who is connected to which seat. Runs events, commits, then tells. */
import { readName } from '../conversation/name.ts'
import { Outbox } from '../conversation/outbox.ts'
import type { CheckCode, KeepSessions, SessionRecord } from '../conversation/ports.ts'
import { type Effect, emptyRoom, isAdmitted, type Room, type Rules, type Seat } from '../conversation/room.ts'
import { recordOf } from '../conversation/sessions.ts'
import { type Event, step } from '../conversation/step.ts'
import { type CloseReason, Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { newPeer, newToken, peerOf, tokenMatches } from './ids.ts'

/** A live connection, as far as the house needs to know one. */
export type Line = {
  send(text: string): void
  close(reason: CloseReason): void
}

/** The outside of a seat: its room's name, its connection, and what goes over that. */
export type Place = {
  readonly peer: string
  readonly room: string
  readonly token: Buffer
  readonly outbox: Outbox
  line: Line | null
  /** The last client frame processed. */
  lastId: number
}

export type Ports = {
  checkCode: CheckCode
  keepSessions: KeepSessions
  newSession: (now: number) => string
}

type Join = Extract<ClientMessage, { type: 'join' }>
type Resume = Extract<ClientMessage, { type: 'resume' }>

export type ServerInfo = Extract<ServerMessage, { type: 'joined' }>['server']

export class House {
  readonly #rooms = new Map<string, Room>()
  readonly #places = new Map<string, Place>()
  /** When seats lost their connection, the longest ago first. */
  readonly #away = new Map<Place, number>()
  readonly #ports: Ports
  readonly #rules: Rules
  readonly #server: ServerInfo

  constructor(ports: Ports, rules: Rules, server: ServerInfo) {
    this.#ports = ports
    this.#rules = rules
    this.#server = server
  }

  /** Takes a seat for a connection. Throws a Refusal, and then nothing has changed. */
  join(line: Line, { code, name: given, takeover = false, id }: Join, now: number): Place {
    const ticket = this.#ports.checkCode(code, now)
    const name = readName(given)
    if (name === '' && ticket.role === 'guest') throw new Refusal('name_required')
    const peer = newPeer()
    const { token, hash } = newToken(peer)
    const effects = this.#run(ticket.room, { type: 'enter', ticket, peer, name, takeover }, now)
    const place: Place = { peer, room: ticket.room, token: hash, outbox: new Outbox(1), line, lastId: id ?? 0 }
    this.#places.set(peer, place)
    const resume = { token, within: Math.floor(this.#rules.resumeMs / 1000) }
    const joined = { type: 'joined', ...this.#seatNow(place), resume, server: this.#server } satisfies ServerMessage
    line.send(JSON.stringify({ ...joined, ...(id !== undefined && { re: id }) }))
    this.#deliver(effects)
    return place
  }

  /** Gives a seat back to a new connection; the old one, if it still stands, is cut. Throws a Refusal. */
  resume(line: Line, { token, epoch, seq, name: given, id }: Resume, now: number): Place {
    const place = this.#places.get(peerOf(token))
    if (!place || !tokenMatches(token, place.token)) throw new Refusal('seat_expired')
    const name = readName(given)
    const missed = epoch === place.outbox.epoch ? place.outbox.after(seq) : undefined
    const lossless = missed !== undefined
    const effects = this.#run(place.room, { type: 'back', peer: place.peer, name, lossless }, now)
    place.line?.close('replaced')
    place.line = line
    this.#away.delete(place)
    place.outbox.acknowledge(lossless ? seq : place.outbox.seq)
    const resumed = { type: 'resumed', ...this.#seatNow(place), id: place.lastId, lossless } satisfies ServerMessage
    line.send(JSON.stringify({ ...resumed, ...(id !== undefined && { re: id }) }))
    for (const text of missed ?? []) line.send(text)
    if (id !== undefined) place.lastId = Math.max(place.lastId, id)
    this.#deliver(effects)
    return place
  }

  /** Carries out what a seated peer says. Throws a Refusal; a frame that was processed before is ignored. */
  say(place: Place, message: ClientMessage, now: number): void {
    if (message.id !== undefined) {
      if (message.id <= place.lastId) return
      place.lastId = message.id
    }
    const newSession = message.type === 'admit' ? this.#ports.newSession(now) : ''
    this.#deliver(this.#run(place.room, { type: 'say', peer: place.peer, message, newSession }, now))
  }

  /** Sends a seat a message that concerns it alone. */
  tell(place: Place, message: ServerMessage): void {
    const text = place.outbox.push(message)
    place.line?.send(text)
  }

  /** A connection is gone. The seat is away, unless a newer connection holds it. */
  lost(place: Place, line: Line, now: number): void {
    if (place.line !== line || !this.#places.has(place.peer)) return
    place.line = null
    this.#away.set(place, now)
    this.#deliver(this.#run(place.room, { type: 'lost', peer: place.peer }, now))
  }

  /** Closes the seat that was taken with a code, if there is one. */
  revoke(room: string, code: string, now: number): void {
    if (this.#rooms.has(room)) this.#deliver(this.#run(room, { type: 'revoke', code }, now))
  }

  /** Gives up the seats that have been away for too long. */
  expire(now: number): void {
    for (const [place, since] of this.#away) {
      if (now - since < this.#rules.resumeMs) return
      this.#away.delete(place)
      this.#deliver(this.#run(place.room, { type: 'expire', peer: place.peer }, now))
    }
  }

  /** Sends everyone admitted ICE servers with fresh credentials. */
  refreshIce(now: number): void {
    for (const { seats } of this.#rooms.values()) {
      const effects = seats.filter(isAdmitted).map(({ peer }): Effect => {
        return { effect: 'send', to: peer, message: { type: 'ice', ...this.#rules.iceFor(peer, now) } }
      })
      this.#deliver(effects)
    }
  }

  /** Notes for the record that all running sessions are cut off: the server stops. */
  interrupt(now: number): void {
    const sessions = [...this.#rooms.values()].flatMap(({ name, session }) =>
      session ? [recordOf(name, session, now, 'interrupted')] : [],
    )
    if (sessions.length > 0) this.#ports.keepSessions(sessions)
  }

  /** A room as it is now, or undefined if nobody is there. */
  room(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /**
   * Runs one event through its room. What must be on disk is committed before anything is changed
   * here, so a failing disk leaves everything as it was.
   */
  #run(name: string, event: Event, now: number): Effect[] {
    const before = this.#rooms.get(name) ?? emptyRoom(name)
    const { room, effects } = step(before, event, now, this.#rules)
    const sessions = effects.flatMap((effect): SessionRecord[] => (effect.effect === 'record' ? [effect.session] : []))
    if (sessions.length > 0) this.#ports.keepSessions(sessions)
    if (room.seats.length === 0) this.#rooms.delete(name)
    else if (room !== before) this.#rooms.set(name, room)
    return effects
  }

  #deliver(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.effect === 'record') continue
      const place = this.#places.get(effect.effect === 'send' ? effect.to : effect.peer)
      if (!place) continue
      if (effect.effect === 'send') this.tell(place, effect.message)
      else this.#giveUp(place, effect.reason)
    }
  }

  #giveUp(place: Place, reason: CloseReason): void {
    this.#places.delete(place.peer)
    this.#away.delete(place)
    place.line?.close(reason)
    place.line = null
  }

  #seatNow(place: Place): Pick<Seat, 'peer' | 'role' | 'state'> & { epoch: number } {
    const seat = this.#rooms.get(place.room)?.seats.find((seat) => seat.peer === place.peer)
    if (!seat) throw new Error('a place without a seat')
    return { peer: seat.peer, role: seat.role, state: seat.state, epoch: place.outbox.epoch }
  }
}
