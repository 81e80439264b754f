/** The frames of somebody who speaks the protocol, rightly or wrongly: from its own schemas. */
import { clientMessages } from '../../src/protocol/messages.ts'
import { broken, fieldsOf, type Known, type Schema, write } from './json.ts'
import type { Random } from './random.ts'
import { close, encode, odd, violations } from './rfc6455.ts'
import type { Sent } from './wire.ts'

export type MessageName = keyof typeof clientMessages
export type Weights = Readonly<Record<MessageName, number>>

/** What is said: hosts and guests mostly what becomes them, but everybody everything. */
export const says = {
  host: {
    admit: 6,
    signal: 6,
    hold: 0.3,
    deny: 0.15,
    end: 0.1,
    notice: 1,
    ping: 4,
    leave: 0.03,
    join: 0.2,
    resume: 0.2,
  },
  guest: {
    signal: 6,
    ping: 6,
    leave: 0.03,
    admit: 0.1,
    hold: 0.1,
    deny: 0.1,
    end: 0.1,
    notice: 0.1,
    join: 0.2,
    resume: 0.2,
  },
  nobody: { ping: 2, signal: 2, admit: 1, hold: 1, deny: 1, end: 1, notice: 1, leave: 1, join: 0.2, resume: 0.2 },
} as const satisfies Record<string, Weights>

/** A message that matches its schema, in one frame. */
export function message(name: MessageName, random: Random, known: Known): Sent {
  const text = write(fieldsOf(clientMessages[name] as Schema, random, known))
  return { kind: `right ${name}`, bytes: [encode(random, Buffer.from(text))] }
}

/** A burst of frames, `brokenness` of which are not what they should be; each costs its connection little. */
export function burst(length: number, brokenness: number, weights: Weights, random: Random, known: Known): Sent[] {
  return Array.from({ length }, (): Sent => {
    const name = random.weighted(weights)
    if (!random.chance(brokenness)) {
      if (!random.chance(0.05)) return message(name, random, known)
      const kind = random.pick(Object.keys(odd))
      const text = write(fieldsOf(clientMessages[name] as Schema, random, known))
      return { kind, bytes: odd[kind]?.(random, Buffer.from(text)) ?? [] }
    }
    const { kind, text } = broken(fieldsOf(clientMessages[name] as Schema, random, known), random)
    // What would not fit into a frame is a violation of its own, below.
    return { kind, bytes: [encode(random, Buffer.from(text).subarray(0, 64 * 1024))] }
  })
}

/** What a connection does not outlive. */
export function violation(random: Random): Sent {
  const kind = random.pick(Object.keys(violations))
  return { kind, bytes: violations[kind]?.(random, Buffer.from('{"type":"ping"}')) ?? [] }
}

/** A close as it may be said; the server repeats the code. */
export function goodbye(random: Random): Sent & { code: number } {
  const code = random.pick([1000, 1001, 1003, 1008, 1011, 3000, 4001, 4503, 4999])
  return {
    kind: 'close',
    code,
    bytes: [close(random, code, Buffer.from(random.pick(['', 'bye', '\u00e4'.repeat(61)])))],
  }
}
