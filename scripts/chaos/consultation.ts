/** A consultation and its model: what both sides do, and what they may be told of it. */
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { type Counts, Participant } from './participant.ts'

export type Tally = Counts & { signals: number; lost: number; doubled: number; disordered: number }

/** Numbers what one side sends to the other; a new run begins wherever a gap is allowed. */
type Stream = { run: number; next: number }
type Data = Stream & { by: string }

/** Checks a stream of signals at its receiver. */
class Ear {
  #expected: Stream | 'anything' = 'anything'
  readonly #tally: Tally

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** A gap is allowed here: it was said. */
  reset(): void {
    this.#expected = 'anything'
  }

  hear({ run, next }: Stream): void {
    this.#tally.signals += 1
    const expected = this.#expected
    this.#expected = { run, next: next + 1 }
    if (expected === 'anything') return
    if (run < expected.run) this.#tally.disordered += 1
    else if (run > expected.run) this.#tally.lost += next - 1
    else if (next > expected.next) this.#tally.lost += next - expected.next
    else if (next === expected.next - 1) this.#tally.doubled += 1
    else if (next < expected.next) this.#tally.disordered += 1
  }
}

export class Consultation {
  readonly tally: Tally
  readonly room: string
  /** Every session that a guest was told of, and why it ended as far as the host was told. */
  readonly sessions = new Map<string, string | undefined>()
  readonly host: Participant
  readonly guest: Participant
  readonly #ears: { host: Ear; guest: Ear }
  readonly #streams: { host: Stream; guest: Stream } = { host: { run: 1, next: 1 }, guest: { run: 1, next: 1 } }
  #guestPeer: { id: string; state: 'waiting' | 'admitted' } | undefined
  #hostPeer: string | undefined
  /** The session that both are in, of which the host has not been told how it ended. */
  #session: string | undefined
  #asked: string | undefined

  constructor(url: () => string, room: string, codes: [host: string, guest: string], tally: Tally) {
    this.room = room
    this.tally = tally
    this.#ears = { host: new Ear(tally), guest: new Ear(tally) }
    this.host = new Participant(url, { code: codes[0], name: 'Praxis' }, tally, (frame) => this.#hostHears(frame))
    this.guest = new Participant(url, { code: codes[1], name: 'Patient' }, tally, (frame) => this.#guestHears(frame))
  }

  get inSession(): boolean {
    return this.#hostPeer !== undefined && this.#guestPeer?.state === 'admitted'
  }

  /** One side says something to the other, if they are in session. */
  signal(by: 'host' | 'guest'): void {
    const to = by === 'host' ? this.#guestPeer?.state === 'admitted' && this.#guestPeer.id : this.#hostPeer
    if (!to) return
    const stream = this.#streams[by]
    const data: Data = { by, ...stream }
    stream.next += 1
    this[by].say({ type: 'signal', to, data })
  }

  hold(): void {
    if (this.#guestPeer?.state === 'admitted') this.host.say({ type: 'hold', peer: this.#guestPeer.id })
  }

  end(): void {
    if (this.#guestPeer?.state !== 'admitted') return
    this.guest.dismissed = true
    this.host.say({ type: 'end' })
  }

  #newRun(by: 'host' | 'guest'): void {
    this.#streams[by] = { run: this.#streams[by].run + 1, next: 1 }
  }

  /** Whoever waits is admitted, once for each time it is seen waiting. */
  #admit(peer: string): void {
    if (this.#asked === peer) return
    this.#asked = peer
    this.host.say({ type: 'admit', peer })
  }

  #hostHears(frame: ServerFrame): void {
    switch (frame.type) {
      case 'resumed':
        if (frame.lossless) break
        this.#ears.host.reset()
        this.#newRun('host')
        this.#asked = undefined
        // It may have missed how that ended, and what it is told next is of another one.
        this.#session = undefined
        break
      case 'lobby': {
        const [guest] = frame.peers
        this.#guestPeer = guest && { id: guest.peer, state: guest.state }
        if (guest?.state === 'waiting') this.#admit(guest.peer)
        break
      }
      case 'knock':
        this.#guestPeer = { id: frame.peer, state: 'waiting' }
        this.#asked = undefined
        this.#admit(frame.peer)
        break
      case 'peer-joined':
        this.#guestPeer = { id: frame.peer, state: 'admitted' }
        this.#ears.host.reset()
        this.#newRun('host')
        break
      case 'peer-left':
        if (frame.peer !== this.#guestPeer?.id) break
        this.#asked = undefined
        this.#guestPeer = frame.reason === 'held' ? { id: frame.peer, state: 'waiting' } : undefined
        if (frame.reason === 'held') this.#admit(frame.peer)
        break
      case 'ended':
        if (this.#session) this.sessions.set(this.#session, frame.reason)
        this.#session = undefined
        break
      case 'signal':
        this.#ears.host.hear(frame.data as Data)
        break
    }
  }

  #guestHears(frame: ServerFrame): void {
    switch (frame.type) {
      case 'resumed':
        if (frame.lossless) break
        this.#ears.guest.reset()
        this.#newRun('guest')
        break
      case 'admitted':
        if (!this.sessions.has(frame.session)) {
          this.#session = frame.session
          this.sessions.set(frame.session, undefined)
        }
        this.#hostPeer = frame.peers[0]?.peer
        this.#ears.guest.reset()
        this.#newRun('guest')
        break
      case 'peer-joined':
        this.#hostPeer = frame.peer
        this.#ears.guest.reset()
        break
      case 'waiting':
      case 'held':
      case 'ended':
      case 'peer-left':
        this.#hostPeer = undefined
        break
      case 'signal':
        this.#ears.guest.hear(frame.data as Data)
        break
    }
  }
}
