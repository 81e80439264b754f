/** The hub: who takes a seat, comes back to it, says something from it, and loses it. */

import type { CheckCode, Persist, SavedState } from '../contract/records.ts'
import { readName } from '../conversation/name.ts'
import { restore } from '../conversation/restore.ts'
import { isAdmitted, isWaiting, type Room, type Rules, type Seat } from '../conversation/room.ts'
import type { Count } from '../observability/events.ts'
import { Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { RawJson } from '../protocol/raw-json.ts'
import { answer, Channel, INTERNAL, type Transport } from './channel.ts'
import { newPeer, newToken, peerOf, sameHash } from './ids.ts'
import { Rooms } from './rooms.ts'

export type Ports = {
  checkCode: CheckCode
  persist: Persist
  newSession: (now: number) => string
  hashToken: (token: string) => string
  count: Count
  /** Hears of what could not be written. */
  failed: (error: unknown) => void
}

export type Join = Extract<ClientMessage, { type: 'join' }>
type Resume = Extract<ClientMessage, { type: 'resume' }>

export type ServerInfo = Extract<ServerMessage, { type: 'joined' }>['server']

export class Hub {
  /** Signals so far, and the characters of their data; counted here, since nothing is said more often. */
  readonly relayed = { frames: 0, characters: 0 }
  readonly #rooms: Rooms
  /** When seats lost their connection, the longest ago first; some may be given up meanwhile. */
  readonly #away = new Map<Channel, number>()
  readonly #ports: Ports
  readonly #rules: Rules
  readonly #server: ServerInfo

  constructor(ports: Ports, rules: Rules, server: ServerInfo) {
    this.#ports = ports
    this.#rules = rules
    this.#server = server
    this.#rooms = new Rooms(ports.persist, ports.failed, rules)
  }

  /** Takes over what the last process left behind: from now on every seat can be resumed. */
  async restore(remains: SavedState, now: number): Promise<void> {
    const { rooms, ended } = restore(remains, now)
    const channels = remains.seats.map((seat) => new Channel(seat, this.#rules.replay))
    this.#rooms.restore(rooms, channels)
    for (const channel of channels) this.#away.set(channel, now)
    if (ended.length > 0) await this.#ports.persist(ended.map((session) => ({ change: 'session', session })))
  }

  /** Takes a seat for a connection. Throws a Refusal, and then nothing has changed. */
  join(transport: Transport, { code, name: given, takeover = false, id }: Join, now: number): Channel {
    const ticket = this.#ports.checkCode(code, now)
    const name = readName(given)
    if (name === '' && ticket.role === 'guest') throw new Refusal('name_required')
    const { room, role } = ticket
    const peer = newPeer()
    const token = newToken(peer)
    const seat = { peer, room, token: this.#ports.hashToken(token), epoch: 1, lastId: id ?? 0 }
    const channel = new Channel(seat, this.#rules.replay)
    channel.transport = transport
    const state = role === 'host' ? 'admitted' : 'waiting'
    const resume = { token, within: Math.floor(this.#rules.resumeMs / 1000) }
    const joined: ServerMessage = { type: 'joined', peer, role, state, epoch: 1, resume, server: this.#server }
    const first = () => transport.send(answer(joined, id))
    const refuse = () => {
      this.#rooms.forget(peer)
      transport.send(answer(INTERNAL, id))
      transport.close('refused')
    }
    this.#rooms.run(channel, { type: 'enter', ticket, peer, name, takeover }, now, { first, refuse })
    this.#ports.count({ what: 'joined', role })
    return channel
  }

  /** Gives a seat back to a new connection; the old one, if it still stands, is cut. Throws a Refusal. */
  resume(transport: Transport, { token, epoch, seq, name: given, id }: Resume, now: number): Channel {
    const channel = this.#rooms.channel(peerOf(token))
    const seat = channel && this.#rooms.seat(channel)
    if (!seat || !sameHash(this.#ports.hashToken(token), channel.token)) throw new Refusal('seat_expired')
    const name = readName(given)
    const { peer, buffer } = channel
    const { role, state } = seat
    const lossless = epoch === buffer.epoch && buffer.after(seq) !== undefined
    channel.cut('replaced')
    const first = () => {
      // What waited for the disk until now is among the missed frames, or has driven them out.
      const missed = lossless ? buffer.after(seq) : []
      if (!transport.open || !missed) {
        transport.close('too_slow')
        return queueMicrotask(() => this.#lose(channel, now)) // after the others were told that it is back
      }
      // Another connection may have come back in the same turn.
      channel.cut('replaced')
      channel.transport = transport
      this.#away.delete(channel)
      buffer.acknowledge(lossless ? seq : buffer.seq)
      transport.send(
        answer({ type: 'resumed', peer, role, state, epoch: buffer.epoch, id: channel.lastId, lossless }, id),
      )
      for (const text of missed) transport.send(text)
      this.#ports.count({ what: 'resumed', outcome: lossless ? 'lossless' : 'whole_state' })
      // Who has read nothing was reloaded, and wants the whole; who has, finds the rest unless that was too much.
      if (!lossless && seq > 0 && epoch === buffer.epoch) this.#ports.count({ what: 'limited', by: 'replay_kib' })
      channel.lastId = Math.max(channel.lastId, id ?? 0)
    }
    const refuse = () => {
      transport.send(answer(INTERNAL, id))
      transport.close('restarting')
      this.#lose(channel, now)
    }
    this.#rooms.run(channel, { type: 'back', peer, name, lossless }, now, { first, refuse })
    return channel
  }

  /** Carries out what a seated peer says. Throws a Refusal; a frame that was processed before is ignored. */
  say(channel: Channel, message: ClientMessage, now: number): void {
    const { id } = message
    if (id !== undefined) {
      if (id <= channel.lastId) return
      channel.lastId = id
    }
    const admits = message.type === 'admit'
    const guest = admits ? this.#rooms.get(channel.room)?.seats.find(({ peer }) => peer === message.peer) : undefined
    const newSession = admits ? this.#ports.newSession(now) : ''
    const refuse = () => channel.send({ ...INTERNAL, ...(id !== undefined && { re: id }) })
    this.#rooms.run(channel, { type: 'say', peer: channel.peer, message, newSession }, now, { refuse })
    if (guest && isWaiting(guest)) this.#ports.count({ what: 'admitted', waitedMs: now - guest.since })
    if (message.type !== 'signal') return
    this.relayed.frames += 1
    if (message.data instanceof RawJson) this.relayed.characters += message.data.json.length
  }

  /** Sends a seat a message that concerns it alone, after whatever still waits for the disk. */
  tell(channel: Channel, message: ServerMessage): void {
    const tell = () => channel.send(message)
    this.#rooms.tell(tell, tell)
  }

  /** A connection is gone. The seat is away, unless a newer connection holds it. */
  lost(channel: Channel, transport: Transport, now: number): void {
    if (channel.transport !== transport || !this.#rooms.channel(channel.peer)) return
    channel.transport = null
    this.#lose(channel, now)
  }

  /** Closes the seat that was taken with a code, if there is one; throws if that cannot be written. */
  async revoke(room: string, code: string, now: number): Promise<void> {
    const seat = this.#rooms.get(room)?.seats.find((seat) => seat.code === code)
    const channel = seat && this.#rooms.channel(seat.peer)
    if (!channel) return
    this.#rooms.run(channel, { type: 'revoke', code }, now)
    if (!(await this.#rooms.flush())) throw new Error('a seat could not be closed on disk')
  }

  /** Gives up the seats that have been away for too long. What cannot be written is tried again the next time. */
  expire(now: number): void {
    for (const [channel, since] of this.#away) {
      if (now - since < this.#rules.resumeMs) return
      if (this.#rooms.channel(channel.peer) !== channel) this.#away.delete(channel)
      else this.#rooms.run(channel, { type: 'expire', peer: channel.peer }, now)
    }
  }

  /** Gives up the seats that are older than anything on disk may be: pages that were left open for weeks. */
  retire(now: number): void {
    for (const { peer, since } of [...this.#rooms.seats()]) {
      const channel = now - since >= this.#rules.longestSeat && this.#rooms.channel(peer)
      if (channel) this.#rooms.run(channel, { type: 'expire', peer }, now)
    }
  }

  /** Sends everyone admitted ICE servers with fresh credentials. */
  refreshIce(now: number): void {
    for (const { peer } of [...this.#rooms.seats()].filter(isAdmitted)) {
      const channel = this.#rooms.channel(peer)
      // Nothing where the disk refuses: an admit may be taken back, and who waits gets no servers.
      this.#rooms.tell(() => channel?.send({ type: 'ice', ...this.#rules.iceFor(peer, now) }))
    }
  }

  /** Writes what still waits for the disk. */
  async flush(): Promise<void> {
    await this.#rooms.flush()
  }

  /** All seats, in no order. */
  seats(): Iterable<Seat> {
    return this.#rooms.seats()
  }

  /** A room as it is now, or undefined if nobody is there. */
  room(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  #lose(channel: Channel, now: number): void {
    if (!this.#rooms.channel(channel.peer)) return
    if (!this.#away.has(channel)) this.#away.set(channel, now)
    // It is lost even if the disk refuses what happened in the same turn.
    this.#rooms.run(channel, { type: 'lost', peer: channel.peer }, now, { refuse: () => this.#lose(channel, now) })
  }
}
