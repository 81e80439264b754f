/** Two pages with a wire between them, and whoever sits on it. */
import { setTimeout as wait } from 'node:timers/promises'
import { createKeyRing, type KeyRing } from '../src/client/pair-keys.ts'
import { type Channel, type ChannelOptions, openChannel } from '../src/client/sealed-channel.ts'
import { type PeerData, readData } from '../src/protocol/data.ts'
import type { Role } from '../src/protocol/messages.ts'
import { makePracticeKey, type PracticeKey, readPracticeKey } from '../src/protocol/seal.ts'

export async function newPractice(): Promise<PracticeKey> {
  const key = await readPracticeKey(JSON.stringify(await makePracticeKey()))
  if (!key) throw new Error('a new key cannot be read')
  return key
}

/** What a page is: its role, and what it has. */
export type Side = {
  role: Role
  seal?: string
  practice?: PracticeKey | undefined
  vouched?: string | undefined
  /** Of a page that knows the other one already. */
  keys?: KeyRing
}

export type End = {
  channel: Channel
  side: Side
  heard: PeerData[]
  problems: string[]
  /** How often what was negotiated became void. */
  opened: number
  isOpen: boolean
  greeted: number
  /** All that was handed to the server. */
  sent: unknown[]
}

/** Whoever carries a message from one side to the other: returns what arrives there, in order. */
export type Carrier = (data: unknown, to: 'a' | 'b') => unknown[]
export const honest: Carrier = (data) => [data]

function makeEnd(side: Side, theirs: Role, send: (data: unknown) => void, timers: (() => void)[]): End {
  const end: Omit<End, 'channel'> = { side, heard: [], problems: [], opened: 0, isOpen: false, greeted: 0, sent: [] }
  const options: ChannelOptions = {
    world: {
      every(_ms, task) {
        timers.push(task)
        return () => timers.splice(timers.indexOf(task), 1)
      },
    },
    ours: side.role,
    theirs,
    seal: side.seal,
    keys: side.keys ?? createKeyRing(),
    practice: () => side.practice,
    vouched: () => side.vouched,
    reaches: () => true,
    send(data) {
      // As it goes over the wire.
      const text = JSON.parse(JSON.stringify(data))
      end.sent.push(text)
      send(text)
    },
    opened() {
      end.opened += 1
      end.isOpen = true
    },
    shut() {
      end.isOpen = false
    },
    greeted() {
      end.greeted += 1
    },
    heard: (data) => void end.heard.push(data),
    changed() {},
    problem: (problem) => void end.problems.push(problem),
  }
  return Object.assign(end, { channel: openChannel(options) })
}

/** Two pages that have just heard of each other. */
export function connect(a: Side, b: Side, carrier: Carrier = honest) {
  const timers: (() => void)[] = []
  let underWay = 0
  const deliver = (data: unknown, to: 'a' | 'b') => {
    for (const arriving of carrier(data, to)) {
      underWay += 1
      setImmediate(() => {
        underWay -= 1
        put(ends[to], arriving)
      })
    }
  }
  const ends: { a: End; b: End } = {
    a: makeEnd(a, b.role, (data) => deliver(data, 'b'), timers),
    b: makeEnd(b, a.role, (data) => deliver(data, 'a'), timers),
  }
  /** Waits until nobody has anything left to say or to do. */
  async function calm(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = underWay === 0 ? quiet + 1 : 0) {
      await Promise.all([ends.a.channel.settled(), ends.b.channel.settled()])
      await wait(1)
    }
  }
  return {
    ...ends,
    calm,
    /** The page of b is reloaded: what it knew is gone. @returns the new one */
    async reload(): Promise<End> {
      ends.b.channel.close()
      ends.b = makeEnd(b, a.role, (data) => deliver(data, 'a'), timers)
      ends.b.channel.start(false)
      await calm()
      return ends.b
    },
    async start() {
      ends.a.channel.start(false)
      ends.b.channel.start(false)
      await calm()
    },
    /** As if time had passed. */
    async later() {
      for (const task of [...timers]) task()
      await calm()
    },
  }
}

/** Something arrives at a page, as call.ts takes it. */
export function put(end: End, data: unknown): void {
  const read = readData(data)
  if (read) end.channel.receive(read)
  else end.problems.push('not_understood')
}

export const offer = (sdp: string): PeerData => ({ description: { type: 'offer', sdp } })
export const states = ({ channel: { seal } }: End) => (seal.at === 'refused' ? seal.because : seal.at)
