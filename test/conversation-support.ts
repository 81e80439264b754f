/** A room driven by hand: seats peers, says things, and keeps what each peer was sent. */
import type { Instant } from '../src/contract/clock.ts'
import type { Ticket } from '../src/contract/records.ts'
import { type Effect, emptyRoom, type Room, type Rules } from '../src/conversation/room.ts'
import { type Event, step } from '../src/conversation/step.ts'
import type { ClientMessage, ServerMessage } from '../src/protocol/messages.ts'

export const rules: Rules = {
  resumeMs: 120_000,
  waitingGuests: 50,
  longestSeat: 30 * 86_400_000,
  replay: 256 * 1024,
  iceFor: (peer) => ({ servers: [{ urls: [`turn:for-${peer}`] }], policy: 'all' }),
}

export const ticket = (role: Ticket['role'], code: string, more: Partial<Ticket> = {}): Ticket => ({
  code: `code-${code}`,
  room: 'room',
  role,
  guests: 1,
  reference: null,
  ...more,
})

/** A frame without the fields that are the same every time; peers are named by single words. */
export type Told = readonly [peer: string, ServerMessage]

export class Scene {
  room: Room = emptyRoom('room')
  now = 1_000_000
  /** By how much, in ms, the wall clock was set. */
  set = 0
  rules: Rules = rules
  #sessions = 0

  get at(): Instant {
    return { now: this.now + this.set, elapsed: this.now }
  }

  run(event: Event): Effect[] {
    const { room, effects } = step(this.room, event, this.at, this.rules)
    this.room = room
    return effects
  }

  host(peer = 'host', more: Partial<Ticket> & { takeover?: boolean; code?: string } = {}): Effect[] {
    const { takeover = false, ...rest } = more
    return this.run({ type: 'enter', ticket: ticket('host', 'host', rest), peer, name: '', takeover })
  }

  guest(peer: string, more: Partial<Ticket> & { takeover?: boolean } = {}): Effect[] {
    const { takeover = false, ...rest } = more
    return this.run({ type: 'enter', ticket: ticket('guest', peer, rest), peer, name: `name of ${peer}`, takeover })
  }

  staff(peer: string, more: { takeover?: boolean; code?: string } = {}): Effect[] {
    const { takeover = false, ...rest } = more
    return this.run({ type: 'enter', ticket: ticket('staff', peer, rest), peer, name: '', takeover })
  }

  say(peer: string, message: ClientMessage): Effect[] {
    this.#sessions += 1
    return this.run({ type: 'say', peer, message, newSession: `session-${this.#sessions}` })
  }

  /** A host with one guest in session. */
  consultation(): this {
    this.host()
    this.guest('anna')
    this.say('host', { type: 'admit', peer: 'anna' })
    return this
  }
}

/** What was sent, as `peer type`, and closed, as `peer ✕ reason`: the shape of an answer at a glance. */
export const shape = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => {
    if (effect.effect === 'send') return `${effect.to} ${effect.message.type}`
    if (effect.effect === 'close') return `${effect.peer} ✕ ${effect.reason}`
    return `record ${effect.session.reason ?? 'running'}`
  })

/** The messages sent to one peer. */
export const toldTo = (effects: readonly Effect[], peer: string): ServerMessage[] =>
  effects.flatMap((effect) => (effect.effect === 'send' && effect.to === peer ? [effect.message] : []))
