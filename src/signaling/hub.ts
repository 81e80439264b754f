/** The hub: who takes a seat, comes back to it, says something from it, and loses it. */
import type { Clock, Instant } from '../contract/clock.ts'
import type { CheckCode, Persist, SavedState, SessionRecord, Ticket } from '../contract/records.ts'
import { readName, readNameAgain } from '../conversation/name.ts'
import { seatBefore } from '../conversation/presence.ts'
import { restore } from '../conversation/restore.ts'
import { emptyRoom, isAdmitted, isWaiting, type Rules } from '../conversation/room.ts'
import { noteOn } from '../conversation/sessions.ts'
import { PRACTICE_FULL, type PracticeSeats } from '../limits/practice-seats.ts'
import type { Count } from '../observability/events.ts'
import { Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { RawJson } from '../protocol/raw-json.ts'
import { firstStates } from '../protocol/states.ts'
import { answer, Channel, INTERNAL, type Transport } from './channel.ts'
import { GroupCommit, type Timers } from './group-commit.ts'
import { newPeer, newToken, peerOf } from './ids.ts'
import { Patience } from './patience.ts'
import { Rooms } from './rooms.ts'

export type Ports = Timers & {
  clock: Clock
  /** The time in which this process could hear, ms. */
  lived: () => number
  checkCode: CheckCode
  persist: Persist
  newSession: (now: number) => string
  hashToken: (token: string) => string
  isToken: (token: string, hash: string) => boolean
  count: Count
  /** The seats of each practice: told of what changes, asked whether there are more. */
  practices: Pick<PracticeSeats, 'changed' | 'isFull'>
  /** Hears of what could not be written. */
  failed: (error: unknown) => void
}

export type Join = Extract<ClientMessage, { type: 'join' }>
type Resume = Extract<ClientMessage, { type: 'resume' }>
type Signal = Extract<ClientMessage, { type: 'signal' }>

export type ServerInfo = Extract<ServerMessage, { type: 'joined' }>['server']

export class Hub {
  /** Signals so far, and the bytes of their data; counted here, since nothing is said more often. */
  readonly relayed = { frames: 0, bytes: 0 }
  /** How writing goes, and what there is, for those who look on. */
  readonly commit: Pick<GroupCommit, 'failures' | 'recovered' | 'settled'>
  readonly rooms: Pick<Rooms, 'all' | 'get' | 'seats'>
  readonly #rooms: Rooms
  readonly #patience: Patience
  /** The last notes, by their rooms. */
  #noted = new Map<string, SessionRecord>()
  readonly #ports: Ports
  readonly #rules: Rules
  readonly #server: ServerInfo

  constructor(ports: Ports, rules: Rules, server: ServerInfo) {
    this.#ports = ports
    this.#rules = rules
    this.#server = server
    const commit = new GroupCommit(ports.persist, ports, ports.failed)
    this.commit = commit
    this.#rooms = new Rooms(commit, rules, ports.practices)
    this.rooms = this.#rooms
    this.#patience = new Patience(ports.lived)
  }

  /** Takes over what the last process left behind: from now on every seat can be resumed. */
  async restore(saved: SavedState): Promise<void> {
    const { rooms, ended } = restore(saved, this.#instant())
    const channels = saved.seats.map((seat) => new Channel(seat, this.#rules.replay))
    this.#rooms.restore(rooms, channels)
    for (const channel of channels) this.#patience.begin(channel)
    if (ended.length > 0) await this.#ports.persist(ended.map((session) => ({ change: 'session', session })))
  }

  /**
   * Takes a seat for a connection. Throws a Refusal, and then nothing has changed.
   * @param rooms what the names of the rooms begin with that it may be in
   */
  join(transport: Transport, { code, name: given, takeover = false, id }: Join, rooms = ''): Channel {
    const ticket = this.#ports.checkCode(code, this.#ports.clock.now(), rooms)
    const name = readName(given)
    if (name === '' && ticket.role === 'guest') throw new Refusal('name_required')
    const { room, role } = ticket
    this.#checkSpace(ticket)
    const peer = newPeer()
    const token = newToken(peer)
    const seat = { peer, room, token: this.#ports.hashToken(token), epoch: 1, lastId: id ?? 0 }
    const channel = new Channel(seat, this.#rules.replay)
    channel.claim = transport
    const state = firstStates[role]
    const resume = { token, within: Math.floor(this.#rules.resumeMs / 1000) }
    const joined: ServerMessage = { type: 'joined', peer, role, state, epoch: 1, resume, server: this.#server }
    const first = () => {
      this.#ports.count({ what: 'joined', role })
      if (!this.#attach(channel, transport)) return
      transport.send(answer(joined, id))
    }
    const then = () => this.#loseIfAlone(channel)
    const refuse = () => this.#turnAway(transport, id)
    this.#rooms.run(channel, { type: 'enter', ticket, peer, name, takeover }, this.#instant(), { first, then, refuse })
    return channel
  }

  /** Who has a seat may take it over; for others there has to be one left. Throws a Refusal. */
  #checkSpace(ticket: Ticket): void {
    const { room, role } = ticket
    if (!this.#ports.practices.isFull(room, role)) return
    if (!seatBefore(this.#rooms.get(room) ?? emptyRoom(room), ticket)) throw new Refusal('room_full', PRACTICE_FULL)
  }

  /** Gives a seat back to a new connection; the old one, if it still stands, is cut. Throws a Refusal. */
  resume(transport: Transport, { token, epoch, seq, name: given, id }: Resume): Channel {
    const channel = this.#rooms.channel(peerOf(token))
    const seat = channel && this.#rooms.seat(channel)
    if (!seat || !this.#ports.isToken(token, channel.token)) throw new Refusal('seat_expired')
    const { peer, buffer } = channel
    const { role, state } = seat
    const name = readNameAgain(given, seat.name)
    if (name === '' && role === 'guest') throw new Refusal('name_required')
    // Where another connection is just coming back, too, what was missed is not certain.
    const lossless = epoch === buffer.epoch && buffer.after(seq) !== undefined && channel.claim === null
    // In time, whatever the disk or the network do now: then it has the whole time again.
    this.#patience.end(channel)
    channel.cut('replaced')
    channel.claim?.close('replaced')
    channel.claim = transport
    const first = () => {
      if (!this.#attach(channel, transport)) return
      // What waited for the disk until now is among the missed frames, or has driven them out.
      const missed = lossless ? buffer.after(seq) : []
      if (!missed) return channel.cut('too_slow')
      buffer.acknowledge(lossless ? seq : buffer.seq)
      transport.send(
        answer({ type: 'resumed', peer, role, state, epoch: buffer.epoch, id: channel.lastId, lossless }, id),
      )
      for (const frame of missed) transport.send(frame)
      this.#ports.count({ what: 'resumed', outcome: lossless ? 'lossless' : 'whole_state' })
      // Who has read nothing was reloaded, and wants the whole; who has, finds the rest unless that was too much.
      if (!lossless && seq > 0 && epoch === buffer.epoch) this.#ports.count({ what: 'limited', by: 'replay_kib' })
    }
    // Only after the others were told that it is back.
    const then = () => this.#loseIfAlone(channel)
    const refuse = () => {
      if (channel.claim === transport) channel.claim = null
      this.#turnAway(transport, id)
      this.#loseIfAlone(channel)
    }
    this.#rooms.run(channel, { type: 'back', peer, name, lossless }, this.#instant(), { first, then, refuse })
    return channel
  }

  /** Carries out what a seated peer says. Throws a Refusal; a frame that was processed before is ignored. */
  say(channel: Channel, message: ClientMessage): void {
    const { id } = message
    if (id !== undefined) {
      if (id <= channel.lastId) return
      channel.lastId = id
    }
    const refuse = () => channel.send({ ...INTERNAL, ...(id !== undefined && { re: id }) })
    if (message.type === 'signal') return this.#relay(channel, message, refuse)
    if (message.type === 'ping') return this.answer(channel, { type: 'pong', ...(id !== undefined && { re: id }) })
    const at = this.#instant()
    const admits = message.type === 'admit'
    const guest = admits ? this.#rooms.get(channel.room)?.seats.find(({ peer }) => peer === message.peer) : undefined
    const newSession = admits ? this.#ports.newSession(at.now) : ''
    const first = () => {
      if (guest && isWaiting(guest)) this.#ports.count({ what: 'admitted', waitedMs: at.elapsed - guest.came })
    }
    this.#rooms.run(channel, { type: 'say', peer: channel.peer, message, newSession }, at, { first, refuse })
  }

  #relay(channel: Channel, { to, data }: Signal, refuse: () => void): void {
    this.#rooms.relay(channel, to, data, refuse)
    this.relayed.frames += 1
    if (data instanceof RawJson) this.relayed.bytes += data.bytes.length
  }

  /** Answers a seat what concerns it alone: at once, or where its connection still waits for the disk, when that is told. */
  answer(channel: Channel, message: ServerMessage): void {
    if (channel.claim) this.#rooms.tell(channel.room, () => channel.send(message))
    else channel.send(message)
  }

  /**
   * Sends a seat an error that concerns it alone. One that rests on what the room is like waits for whatever of
   * it is not on disk yet; where the disk refuses that, it was no reason to refuse anything.
   */
  refuse(channel: Channel, error: Extract<ServerMessage, { type: 'error' }>): void {
    const { re } = error
    const otherwise = () => channel.send({ ...INTERNAL, ...(re !== undefined && { re }) })
    this.#rooms.tell(channel.room, () => channel.send(error), otherwise)
  }

  /** Does the same for a connection without a seat: `say` refuses the join or resume, unless the disk refused before. */
  decline(transport: Transport, say: () => void, re: number | undefined): void {
    this.#rooms.tell(undefined, say, () => this.#turnAway(transport, re))
  }

  /** A connection is gone. The seat is away, unless a newer connection holds it. */
  lost(channel: Channel, transport: Transport): void {
    if (channel.transport !== transport) return
    channel.transport = null
    this.#loseIfAlone(channel)
  }

  /** Closes the seat that was taken with a code, if there is one; rejects if that cannot be written. */
  revoke(room: string, code: string): Promise<void> {
    const seat = this.#rooms.get(room)?.seats.find((seat) => seat.code === code)
    const channel = seat && this.#rooms.channel(seat.peer)
    return new Promise((then, reject) => {
      const refuse = () => reject(new Error('a seat could not be closed on disk'))
      // One that is gone already may still wait for the disk.
      if (!channel) return this.#rooms.tell(room, then, refuse)
      this.#rooms.run(channel, { type: 'revoke', code }, this.#instant(), { then, refuse })
    })
  }

  /** Gives up the seats that have been away for too long; to be called when all that has come was read. */
  expire(): void {
    const refuses = this.commit.failures > 0
    this.#patience.count(refuses)
    if (refuses) return
    for (const channel of this.#patience.over(this.#rules.resumeMs)) {
      if (this.#rooms.channel(channel.peer) !== channel) this.#patience.end(channel)
      else this.#rooms.run(channel, { type: 'expire', peer: channel.peer }, this.#instant())
    }
  }

  /** Gives up the seats that are older than anything on disk may be: pages that were left open for weeks. */
  retire(): void {
    const at = this.#instant()
    for (const { peer, came } of [...this.#rooms.seats()]) {
      const channel = at.elapsed - came >= this.#rules.longestSeat && this.#rooms.channel(peer)
      if (channel) this.#rooms.run(channel, { type: 'expire', peer }, at)
    }
  }

  /** Sends everyone admitted ICE servers with fresh credentials, once all is told that waits for the disk. */
  refreshIce(): void {
    const now = this.#ports.clock.now()
    for (const { peer } of [...this.#rooms.seats()].filter(isAdmitted)) {
      const channel = this.#rooms.channel(peer)
      if (!channel) continue
      const send = () => {
        const seat = this.#rooms.seat(channel)
        // An admit may have been taken back, and who waits gets no servers.
        if (seat && isAdmitted(seat)) channel.send({ type: 'ice', ...this.#rules.iceFor(peer, now) })
      }
      this.#rooms.tell(channel.room, send, send)
    }
  }

  /** What a later process could not know of the running sessions, to be written with every sign of life. */
  notes(): SessionRecord[] {
    const at = this.#instant()
    const notes = [...this.#rooms.all()].flatMap((room) => noteOn(room, at, this.#noted.get(room.name)) ?? [])
    this.#noted = new Map(notes.map((note) => [note.room, note]))
    return notes
  }

  /** Gives a seat to the connection that has waited for it, unless that has gone, or another one has come since. */
  #attach(channel: Channel, transport: Transport): boolean {
    if (channel.claim !== transport) return false
    channel.claim = null
    if (transport.open) channel.transport = transport
    return transport.open
  }

  #instant(): Instant {
    const { clock } = this.#ports
    return { now: clock.now(), elapsed: clock.elapsed() }
  }

  /** Nothing is wrong with the join or resume itself: it may be tried again. */
  #turnAway(transport: Transport, re: number | undefined): void {
    transport.send(answer(INTERNAL, re))
    transport.close('restarting')
  }

  /** A seat without a connection, and without one that is coming back, is away; even if the disk refuses all else. */
  #loseIfAlone(channel: Channel): void {
    const { peer, transport, claim } = channel
    if (transport || claim || this.#rooms.channel(peer) !== channel) return
    this.#patience.begin(channel)
    const refuse = () => this.#loseIfAlone(channel)
    this.#rooms.run(channel, { type: 'lost', peer }, this.#instant(), { refuse })
  }
}
