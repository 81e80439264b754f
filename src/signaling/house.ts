/** The house: who takes a seat, comes back to it, says something from it, and loses it. */
import { readName } from '../conversation/name.ts'
import type { CheckCode, Keep, Remains } from '../conversation/ports.ts'
import { restore } from '../conversation/restore.ts'
import { isAdmitted, isWaiting, type Room, type Rules, type Seat } from '../conversation/room.ts'
import { Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { Unread } from '../protocol/unread.ts'
import type { Count } from './count.ts'
import { newPeer, newToken, peerOf, sameHash } from './ids.ts'
import { answer, INTERNAL, type Line, Place } from './place.ts'
import { Rooms } from './rooms.ts'

export type Ports = {
  checkCode: CheckCode
  keep: Keep
  newSession: (now: number) => string
  hashToken: (token: string) => string
  count: Count
  /** Hears of what could not be written. */
  failed: (error: unknown) => void
}

export type Join = Extract<ClientMessage, { type: 'join' }>
type Resume = Extract<ClientMessage, { type: 'resume' }>

export type ServerInfo = Extract<ServerMessage, { type: 'joined' }>['server']

export class House {
  /** Signals so far, and the characters of their data; counted here, since nothing is said more often. */
  readonly relayed = { frames: 0, characters: 0 }
  readonly #rooms: Rooms
  /** When seats lost their connection, the longest ago first; some may be given up meanwhile. */
  readonly #away = new Map<Place, number>()
  readonly #ports: Ports
  readonly #rules: Rules
  readonly #server: ServerInfo

  constructor(ports: Ports, rules: Rules, server: ServerInfo) {
    this.#ports = ports
    this.#rules = rules
    this.#server = server
    this.#rooms = new Rooms(ports.keep, ports.failed, rules)
  }

  /** Takes over what the last process left behind: from now on every seat can be resumed. */
  restore(remains: Remains, now: number): void {
    const { rooms, ended } = restore(remains, now)
    const places = remains.seats.map((seat) => new Place(seat, this.#rules.replay))
    this.#rooms.restore(rooms, places)
    for (const place of places) this.#away.set(place, now)
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
    const seat = { peer, room, token: this.#ports.hashToken(token), epoch: 1, lastId: id ?? 0 }
    const place = new Place(seat, this.#rules.replay)
    place.line = line
    const state = role === 'host' ? 'admitted' : 'waiting'
    const resume = { token, within: Math.floor(this.#rules.resumeMs / 1000) }
    const joined: ServerMessage = { type: 'joined', peer, role, state, epoch: 1, resume, server: this.#server }
    const first = () => line.send(answer(joined, id))
    const refuse = () => {
      this.#rooms.forget(peer)
      line.send(answer(INTERNAL, id))
      line.close('refused')
    }
    this.#rooms.run(place, { type: 'enter', ticket, peer, name, takeover }, now, { first, refuse })
    this.#ports.count({ what: 'joined', role })
    return place
  }

  /** Gives a seat back to a new connection; the old one, if it still stands, is cut. Throws a Refusal. */
  resume(line: Line, { token, epoch, seq, name: given, id }: Resume, now: number): Place {
    const place = this.#rooms.place(peerOf(token))
    const seat = place && this.#rooms.seat(place)
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
      this.#ports.count({ what: 'resumed', outcome: lossless ? 'lossless' : 'whole_state' })
      // Who has read nothing was reloaded, and wants the whole; who has, finds the rest unless that was too much.
      if (!lossless && seq > 0 && epoch === outbox.epoch) this.#ports.count({ what: 'limited', by: 'replay_kib' })
      place.lastId = Math.max(place.lastId, id ?? 0)
    }
    const refuse = () => {
      line.send(answer(INTERNAL, id))
      line.close('restarting')
      this.#lose(place, now)
    }
    this.#rooms.run(place, { type: 'back', peer, name, lossless }, now, { first, refuse })
    return place
  }

  /** Carries out what a seated peer says. Throws a Refusal; a frame that was processed before is ignored. */
  say(place: Place, message: ClientMessage, now: number): void {
    const { id } = message
    if (id !== undefined) {
      if (id <= place.lastId) return
      place.lastId = id
    }
    const admits = message.type === 'admit'
    const guest = admits ? this.#rooms.get(place.room)?.seats.find(({ peer }) => peer === message.peer) : undefined
    const newSession = admits ? this.#ports.newSession(now) : ''
    const refuse = () => place.send({ ...INTERNAL, ...(id !== undefined && { re: id }) })
    this.#rooms.run(place, { type: 'say', peer: place.peer, message, newSession }, now, { refuse })
    if (guest && isWaiting(guest)) this.#ports.count({ what: 'admitted', waitedMs: now - guest.since })
    if (message.type !== 'signal') return
    this.relayed.frames += 1
    if (message.data instanceof Unread) this.relayed.characters += message.data.json.length
  }

  /** Sends a seat a message that concerns it alone, after whatever still waits for the disk. */
  tell(place: Place, message: ServerMessage): void {
    const tell = () => place.send(message)
    this.#rooms.tell(tell, tell)
  }

  /** A connection is gone. The seat is away, unless a newer connection holds it. */
  lost(place: Place, line: Line, now: number): void {
    if (place.line !== line || !this.#rooms.place(place.peer)) return
    place.line = null
    this.#lose(place, now)
  }

  /** Closes the seat that was taken with a code, if there is one; throws if that cannot be written. */
  revoke(room: string, code: string, now: number): void {
    const seat = this.#rooms.get(room)?.seats.find((seat) => seat.code === code)
    const place = seat && this.#rooms.place(seat.peer)
    if (!place) return
    this.#rooms.run(place, { type: 'revoke', code }, now)
    if (!this.#rooms.flush()) throw new Error('a seat could not be closed on disk')
  }

  /** Gives up the seats that have been away for too long. What cannot be written is tried again the next time. */
  expire(now: number): void {
    for (const [place, since] of this.#away) {
      if (now - since < this.#rules.resumeMs) return
      if (this.#rooms.place(place.peer) !== place) this.#away.delete(place)
      else this.#rooms.run(place, { type: 'expire', peer: place.peer }, now)
    }
  }

  /** Gives up the seats that are older than anything on disk may be: pages that were left open for weeks. */
  retire(now: number): void {
    for (const { peer, since } of [...this.#rooms.seats()]) {
      const place = now - since >= this.#rules.longestSeat && this.#rooms.place(peer)
      if (place) this.#rooms.run(place, { type: 'expire', peer }, now)
    }
  }

  /** Sends everyone admitted ICE servers with fresh credentials. */
  refreshIce(now: number): void {
    for (const { peer } of [...this.#rooms.seats()].filter(isAdmitted)) {
      const place = this.#rooms.place(peer)
      // Nothing where the disk refuses: an admit may be taken back, and who waits gets no servers.
      this.#rooms.tell(() => place?.send({ type: 'ice', ...this.#rules.iceFor(peer, now) }))
    }
  }

  /** Writes what still waits for the disk. */
  flush(): void {
    this.#rooms.flush()
  }

  /** All seats, in no order. */
  seats(): Iterable<Seat> {
    return this.#rooms.seats()
  }

  /** A room as it is now, or undefined if nobody is there. */
  room(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  #lose(place: Place, now: number): void {
    if (!this.#rooms.place(place.peer)) return
    if (!this.#away.has(place)) this.#away.set(place, now)
    // It is lost even if the disk refuses what happened in the same turn.
    this.#rooms.run(place, { type: 'lost', peer: place.peer }, now, { refuse: () => this.#lose(place, now) })
  }
}
