/** A room under random commands: whatever happens, these things stay true. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Effect } from '../src/conversation/room.ts'
import type { Event } from '../src/conversation/step.ts'
import { Refusal } from '../src/protocol/errors.ts'
import type { ClientMessage } from '../src/protocol/messages.ts'
import { Scene, ticket } from './conversation-support.ts'

const GUESTS = ['anna', 'bert', 'cleo', 'dora']
const HOSTS = ['h1', 'h2']

/** A command by index; peers are chosen among those that have ever been there, so some are gone. */
type Command = { kind: string; who: number; whom: number; flag: boolean }

const commands = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['guest', 'guest', 'host', 'admit', 'admit', 'admit', 'deny', 'hold', 'notice', 'signal', 'signal', 'signal'],
      ...['end', 'leave', 'lost', 'back', 'expire', 'revoke'],
    ),
    who: fc.nat(20),
    whom: fc.nat(20),
    flag: fc.boolean(),
  }),
  { minLength: 10, maxLength: 120 },
)

class Play {
  readonly scene = new Scene()
  /** Every peer id ever seated, with the name it gave. */
  readonly peers: string[] = []
  sessionGuests = 0

  event({ kind, who, whom, flag }: Command): Event | undefined {
    const peer = this.peers[who % Math.max(1, this.peers.length)] ?? 'nobody'
    const other = this.peers[whom % Math.max(1, this.peers.length)] ?? 'nobody'
    const say = (message: ClientMessage): Event => ({
      type: 'say',
      peer,
      message,
      newSession: `session-${who}-${whom}`,
    })
    switch (kind) {
      case 'guest':
      case 'host': {
        const codes = kind === 'guest' ? GUESTS : HOSTS
        const code = codes[who % codes.length] ?? ''
        const fresh = `${code}#${this.peers.length};`
        this.peers.push(fresh)
        const entry = { ticket: ticket(kind, code, { guests: 2 }), peer: fresh, name: `name ${fresh}`, takeover: flag }
        return { type: 'enter', ...entry }
      }
      case 'admit':
      case 'hold':
        return say({ type: kind, peer: other })
      case 'deny':
        return say({ type: 'deny', peer: other, reason: 'r' })
      case 'notice':
        return say(flag ? { type: 'notice', text: 't', peer: other } : { type: 'notice', text: 't' })
      case 'signal':
        return say({ type: 'signal', to: other, data: { from: peer } })
      case 'end':
      case 'leave':
        return say({ type: kind })
      case 'back':
        return { type: 'back', peer, lossless: flag }
      case 'lost':
      case 'expire':
        return { type: kind, peer }
      case 'revoke':
        return { type: 'revoke', code: `code-${[...GUESTS, ...HOSTS][who % 6]}` }
      default:
        throw new Error(kind)
    }
  }

  run(command: Command): void {
    const event = this.event(command)
    if (!event) return
    const before = this.scene.room
    const copy = structuredClone(before)
    let effects: Effect[] = []
    try {
      effects = this.scene.run(event)
    } catch (error) {
      assert.instance(error, Refusal)
      assert.is(this.scene.room, before, 'a refused command changes nothing')
    }
    assert.equal(before, copy, 'a room is never changed in place')
    this.check(event, effects)
  }

  check(event: Event, effects: Effect[]): void {
    const { seats, session } = this.scene.room
    const codes = seats.map((seat) => (seat.role === 'host' ? 'host' : seat.code))
    assert.is(new Set(codes).size, codes.length, 'never two seats of one code, never two hosts')
    const admitted = seats.filter((seat) => seat.state === 'admitted')
    const guestsIn = admitted.filter((seat) => seat.role === 'guest')
    assert.ok(guestsIn.length <= 2, 'never more in session than the codes allow')
    assert.is(session !== null, guestsIn.length > 0, 'a session runs exactly while a guest is admitted')
    assert.ok(
      guestsIn.length === 0 || admitted.some((seat) => seat.role === 'host'),
      'nobody is admitted without a host',
    )
    assert.is(new Set(admitted.map((seat) => seat.turn)).size, admitted.length, 'of two peers exactly one is polite')

    for (const effect of effects) {
      if (effect.effect !== 'send') continue
      const { to, message } = effect
      if (message.type === 'signal') {
        assert.ok(event.type === 'say')
        const ends = [message.from, to].map((peer) => seats.find((seat) => seat.peer === peer)?.state)
        assert.equal(ends, ['admitted', 'admitted'], 'nothing is relayed to or from who is not admitted')
        assert.is.not(message.from, to)
      }
      const receiver = seats.find((seat) => seat.peer === to)
      if (receiver?.role === 'guest') this.checkGuestHears(to, receiver.state, JSON.stringify(message))
    }
  }

  /** A guest never hears of anybody who waits (R5), and a waiting guest of nobody at all. */
  checkGuestHears(guest: string, state: string, text: string): void {
    for (const seat of this.scene.room.seats) {
      if (seat.peer === guest) continue
      const mayKnow = state === 'admitted' && seat.state === 'admitted'
      if (!mayKnow) assert.not.match(text, seat.peer, `${guest} (${state}) heard of ${seat.peer} (${seat.state})`)
    }
    if (state === 'waiting')
      assert.not.match(text, /"(ice|servers|peers|session)"/, 'no ICE servers, no peers before admission')
  }
}

test('the invariants of a room hold after every one of many random commands (R4, R5, R6, R12, R22)', () => {
  fc.assert(
    fc.property(commands, (list) => {
      const play = new Play()
      for (const command of list) play.run(command)
    }),
    { numRuns: 2000, seed: 20261123 },
  )
})

test('random commands reach every kind of event, so that the property above means something', () => {
  const reached = new Set<string>()
  for (const list of fc.sample(commands, { numRuns: 300, seed: 7 })) {
    const play = new Play()
    for (const command of list) {
      const before = play.scene.room
      play.run(command)
      if (play.scene.room !== before) reached.add(command.kind)
    }
  }
  for (const kind of ['guest', 'host', 'admit', 'deny', 'hold', 'end', 'leave', 'lost', 'back', 'expire', 'revoke']) {
    assert.ok(reached.has(kind), `${kind} never changed anything`)
  }
})

test.run()
