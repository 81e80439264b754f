/**
 * A hub under random frames, cuts, resumes, crashes, clock jumps and disk faults, against a simple
 * model: what each client was told, and what it was promised.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change, SavedState, SeatRecord, SessionRecord, Ticket } from '../src/contract/records.ts'
import { durable } from '../src/conversation/changes.ts'
import { Refusal } from '../src/protocol/errors.ts'
import type { ClientMessage, ServerFrame } from '../src/protocol/messages.ts'
import type { Channel, Transport } from '../src/signaling/channel.ts'
import { Hub } from '../src/signaling/hub.ts'
import { rules } from './conversation-support.ts'

const TICKETS: Ticket[] = [
  { code: 'host', room: 'room', role: 'host', guests: 2, reference: null },
  { code: 'anna', room: 'room', role: 'guest', guests: 1, reference: 'ref-anna' },
  { code: 'bert', room: 'room', role: 'guest', guests: 1, reference: null },
  { code: 'other-host', room: 'other', role: 'host', guests: 1, reference: null },
  { code: 'other-guest', room: 'other', role: 'guest', guests: 1, reference: null },
]

/** Seats and sessions as a disk would keep them. */
class Disk {
  readonly seats = new Map<string, SeatRecord>()
  readonly sessions = new Map<string, SessionRecord>()
  broken = false
  /** What is being written; each is done by a call. */
  writing: (() => void)[] = []

  persist = (changes: readonly Change[]): Promise<void> =>
    new Promise((resolve, reject) => {
      this.writing.push(() => {
        if (this.broken) return reject(new Error('the disk is full'))
        this.write(changes)
        resolve()
      })
    })

  write(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.change === 'seat') this.seats.set(change.seat.peer, change.seat)
      else if (change.change === 'gone') this.seats.delete(change.peer)
      else this.sessions.set(change.session.id, change.session)
    }
  }

  takeOver(lastAlive: number): SavedState {
    for (const [peer, seat] of this.seats) this.seats.set(peer, { ...seat, epoch: seat.epoch + 1 })
    const running = [...this.sessions.values()].filter(({ end }) => end === null)
    const sessions = running.map((session) => ({
      ...session,
      cutOff: session.cutOff ?? Math.max(session.start, lastAlive),
    }))
    return { seats: [...this.seats.values()].sort((a, b) => a.since - b.since), sessions }
  }
}

/** A frontend that does everything right, and checks everything that it is told. */
class Client implements Transport {
  open = true
  readonly index: number
  channel: Channel | undefined
  seat: { peer: string; token: string; epoch: number; seq: number | 'anything' } | undefined
  /** The state as it was told last. */
  state: 'waiting' | 'admitted' | undefined
  peers = new Set<string>()
  id = 0
  unconfirmed: { id: number; message: ClientMessage }[] = []
  /** For each sender the next number of its signals, or anything where a gap was admitted. */
  expected = new Map<string, string>()
  closedWith: string | undefined
  lossless: boolean | undefined

  constructor(index: number) {
    this.index = index
  }

  send(text: string): void {
    if (!this.open) return
    const frame = JSON.parse(text) as ServerFrame
    if (frame.seq !== undefined && this.seat) {
      if (this.seat.seq !== 'anything') assert.is(frame.seq, this.seat.seq + 1, `${frame.type} is out of order`)
      this.seat.seq = frame.seq
    }
    this.hear(frame)
  }

  hear(frame: ServerFrame): void {
    switch (frame.type) {
      case 'joined':
        this.seat = { peer: frame.peer, token: frame.resume.token, epoch: frame.epoch, seq: 0 }
        this.state = frame.state as 'waiting' | 'admitted'
        this.peers = new Set()
        this.expected = new Map()
        break
      case 'resumed': {
        assert.is(frame.peer, this.seat?.peer, 'a resume gives the same peer id')
        this.lossless = frame.lossless
        if (this.seat && !frame.lossless) {
          this.seat = { ...this.seat, epoch: frame.epoch, seq: 'anything' }
          this.expected = new Map()
          this.peers = new Set()
        }
        this.state = frame.state as 'waiting' | 'admitted'
        // It sends again more than it must; whatever was processed is to be ignored.
        this.unconfirmed = this.unconfirmed.filter(({ message }) => frame.lossless || message.type !== 'signal')
        break
      }
      case 'admitted':
        this.state = 'admitted'
        this.peers = new Set(frame.peers.map(({ peer }) => peer))
        break
      case 'held':
        this.state = 'waiting'
        this.peers = new Set()
        this.expected = new Map()
        break
      case 'peer-joined':
        this.peers.add(frame.peer)
        break
      case 'peer-left':
        this.peers.delete(frame.peer)
        this.expected.delete(frame.peer)
        break
      case 'signal': {
        assert.is(this.state, 'admitted', 'nothing is relayed to who is not admitted')
        const { run, next } = frame.data as { run: number; next: number }
        const key = `${run}/${next}`
        const expected = this.expected.get(frame.from)
        if (expected?.startsWith(`${run}/`)) assert.is(key, expected, 'a signal is lost or doubled')
        this.expected.set(frame.from, `${run}/${next + 1}`)
        break
      }
    }
  }

  close(reason: string): void {
    this.open = false
    this.closedWith = reason
  }
}

type Action = { kind: string; who: number; whom: number; ms: number }

const action = fc.record({
  kind: fc.constantFrom(
    ...[
      'join',
      'join',
      'admit',
      'admit',
      'signal',
      'signal',
      'signal',
      'signal',
      'cut',
      'silent',
      'resume',
      'resume',
      'resume',
    ],
    ...[
      'hold',
      'deny',
      'end',
      'leave',
      'pong',
      'flush',
      'flush',
      'crash',
      'pass',
      'full',
      'repaired',
      'repaired',
      'repaired',
      'takeover',
    ],
  ),
  who: fc.nat(4),
  whom: fc.nat(4),
  ms: fc.nat(150_000),
})

class World {
  readonly disk = new Disk()
  now = 1_000_000
  sessions = 0
  /** What the hub wants to do later. */
  tasks: (() => void)[] = []
  hub = this.build()
  readonly clients: (Client | undefined)[] = TICKETS.map(() => undefined)
  /** Numbers the signals of each client; a new run wherever the other side may rightly miss some. */
  readonly streams = TICKETS.map(() => ({ run: 1, next: 1 }))
  seen = { lossless: 0, lossy: 0, signals: 0, repeated: 0 }

  async start(): Promise<this> {
    for (const who of TICKETS.keys()) this.join(who, false)
    await this.flush()
    for (const [host, guest] of [
      [0, 1],
      [0, 2],
      [3, 4],
    ] as const) {
      this.say(this.clients[host], { type: 'admit', peer: this.clients[guest]?.seat?.peer ?? '' })
    }
    await this.flush()
    return this
  }

  build(): Hub {
    // What an earlier hub still wants to do died with it.
    const tasks: (() => void)[] = []
    this.tasks = tasks
    return new Hub(
      {
        clock: { now: () => this.now, elapsed: () => this.now },
        lived: () => this.now,
        soon: (task) => tasks.push(task),
        after: (_ms, task) => tasks.push(task),
        checkCode: (code) => TICKETS.find((ticket) => ticket.code === code) as Ticket,
        persist: async (changes) => this.disk.persist(changes),
        newSession: () => `session-${++this.sessions}`,
        count: () => {},
        hashToken: (token) => `#${token}`,
        failed: () => {},
      },
      rules,
      { version: '1', features: [] },
    )
  }

  async run(action: Action): Promise<void> {
    await this.act(action)
    // Sometimes several things happen in one turn of the event loop, or while the disk writes.
    if (action.ms % 4 > 0) await this.flush()
    else if (action.ms % 8 > 0) this.turn()
  }

  /** What the hub wants to do is done; the disk has not finished anything yet. */
  turn(): void {
    for (const task of this.tasks.splice(0)) task()
  }

  async act({ kind, who, whom, ms }: Action): Promise<void> {
    // What a cut or a resume is for depends on who is connected, so they look for one.
    const client = kind === 'resume' ? this.clients.find((one) => one && !one.open) : this.clients[who]
    const other = this.clients[whom]?.seat?.peer ?? 'nobody'
    const host = this.clients[TICKETS[whom]?.room === 'room' ? 0 : 3]
    switch (kind) {
      case 'join':
      case 'takeover':
        return this.join(who, kind === 'takeover')
      case 'admit':
      case 'hold':
        return this.say(who % 4 ? host : client, { type: kind, peer: other })
      case 'deny':
        return this.say(client, { type: 'deny', peer: other })
      case 'end':
      case 'leave':
        return this.say(client, { type: kind })
      case 'signal':
        return this.signal(client, [...(client?.peers ?? [])][whom % Math.max(1, client?.peers.size ?? 1)] ?? other)
      case 'cut':
        if (!client?.open || !client.channel) return
        client.open = false
        return this.hub.lost(client.channel, client)
      case 'silent':
        // The server does not notice; the client comes back beside its old connection.
        return this.resume(client, ms % 2 === 0)
      case 'resume':
        return this.resume(client, ms % 2 === 0)
      case 'pong':
        if (client?.open && client.channel && typeof client.seat?.seq === 'number')
          client.channel.buffer.acknowledge(client.seat.seq)
        return
      case 'flush':
        return this.flush()
      case 'crash':
        return this.crash(ms % 2 === 0)
      case 'pass':
        this.now += ms
        return this.hub.expire()
      case 'full':
        this.disk.broken = true
        return
      case 'repaired':
        this.disk.broken = false
        return
    }
  }

  join(who: number, takeover: boolean): void {
    if (this.clients[who]?.open) return
    const client = new Client(who)
    this.attempt(client, () => {
      const name = `name ${who}`
      client.channel = this.hub.join(client, { type: 'join', code: TICKETS[who]?.code ?? '', name, takeover })
      this.clients[who] = client
      this.newRun(who)
    })
  }

  say(client: Client | undefined, message: ClientMessage): void {
    if (!client?.open || !client.channel || !client.seat) return
    client.id += 1
    const frame = { ...message, id: client.id } as ClientMessage
    client.unconfirmed.push({ id: client.id, message: frame })
    this.attempt(client, () => this.hub.say(client.channel as Channel, frame))
  }

  signal(client: Client | undefined, to: string): void {
    if (client?.state !== 'admitted' || !client.peers.has(to)) return
    const stream = this.streams[client.index]
    if (!stream) return
    // One stream for each receiver would be more; a run for each signal to another one does as well.
    const data = { run: stream.run * 1000 + this.clients.findIndex((one) => one?.seat?.peer === to), next: stream.next }
    stream.next += 1
    this.seen.signals += 1
    this.newRunIfSeveral(client)
    this.say(client, { type: 'signal', to, data })
  }

  newRun(who: number): void {
    const stream = this.streams[who]
    if (stream) this.streams[who] = { run: stream.run + 1, next: 1 }
  }

  /** With several receivers the numbers of one are not consecutive, so each signal begins a run. */
  newRunIfSeveral(client: Client): void {
    if (client.peers.size > 1) this.newRun(client.index)
  }

  /** @param settled whether what waits for the disk is written first; if not, the seat may be about to go */
  async resume(client: Client | undefined, settled: boolean): Promise<void> {
    if (!client?.seat) return
    if (settled) await this.flush()
    const again = Object.assign(new Client(client.index), {
      ...{ seat: { ...client.seat }, state: client.state, id: client.id, unconfirmed: client.unconfirmed },
      ...{ peers: client.peers, expected: client.expected },
    })
    client.open = client.open && client.channel?.transport === client
    const { token, epoch, seq } = client.seat
    const message = { type: 'resume', token, epoch, seq: Number(seq) || 0, name: `name ${client.index}` } as const
    const wasSeated = this.disk.seats.has(client.seat.peer) && !client.closedWith
    try {
      again.channel = this.hub.resume(again, message)
    } catch (error) {
      assert.instance(error, Refusal)
      assert.is((error as Refusal).code, 'seat_expired')
      assert.not.ok(settled && wasSeated, 'a seat that is confirmed and not given up can be resumed')
      if (this.clients[client.index] === client) this.clients[client.index] = undefined
      return
    }
    await this.flush()
    if (!again.open) return
    this.clients[client.index] = again
    if (again.lossless === undefined) return
    this.seen[again.lossless ? 'lossless' : 'lossy'] += 1
    if (!again.lossless) this.newRun(client.index)
    this.seen.repeated += again.unconfirmed.filter(({ message }) => message.type === 'signal').length
    for (const { message } of again.unconfirmed)
      this.attempt(again, () => this.hub.say(again.channel as Channel, message))
  }

  /** Everything that waits is written, or given up. */
  async flush(): Promise<void> {
    let settled = false
    this.hub.settled().then(() => {
      settled = true
    })
    for (let patience = 1000; !settled; patience--) {
      if (patience === 0) throw new Error('it never settles')
      this.turn()
      for (const write of this.disk.writing.splice(0)) write()
      await Promise.resolve()
    }
    if (this.disk.broken) return
    for (const name of ['room', 'other']) this.check(name)
  }

  /** The process dies: what it had not committed is gone, and so are all connections. @param written but not told */
  async crash(written: boolean): Promise<void> {
    for (const client of this.clients) if (client) client.open = false
    if (written) for (const write of this.disk.writing) write()
    this.disk.writing = []
    this.disk.broken = false
    this.hub = this.build()
    const restored = this.hub.restore(this.disk.takeOver(this.now))
    for (const write of this.disk.writing.splice(0)) write()
    await restored
    for (const name of ['room', 'other']) this.check(name)
  }

  attempt(client: Client, act: () => void): void {
    try {
      act()
    } catch (error) {
      assert.instance(error, Refusal)
      // Refused signals leave a hole that everybody knows of.
      this.newRun(client.index)
    }
  }

  /** What is in memory is on disk, but for names and presence; and the invariants of a room hold. */
  check(name: string): void {
    const room = this.hub.room(name)
    const seats = room?.seats ?? []
    const kept = [...this.disk.seats.values()].filter((seat) => seat.room === name)
    const inMemory = new Map(seats.map((seat) => [seat.peer, durable(seat)]))
    assert.is(kept.length, seats.length, 'as many seats on disk as in memory')
    for (const { token, epoch, lastId, room: _, ...seat } of kept) assert.equal(seat, inMemory.get(seat.peer))
    const running = [...this.disk.sessions.values()].filter((session) => session.room === name && session.end === null)
    assert.equal(
      running.map(({ id }) => id),
      room?.session ? [room.session.id] : [],
    )
    const turns = seats.filter((seat) => seat.state === 'admitted').map((seat) => seat.turn)
    assert.is(new Set(turns).size, turns.length, 'of two peers exactly one is polite')
    for (const client of this.clients) {
      const seat = seats.find((seat) => seat.peer === client?.seat?.peer)
      if (client?.open && client.channel?.transport === client && seat) {
        assert.is(client.state, seat.state, 'a connected client knows its state')
        assert.is(seat.awaySince, null, 'who is connected is present')
      }
    }
  }
}

const actions = fc.array(action, { minLength: 20, maxLength: 200 })

test('whatever is cut, killed or refused by the disk: nothing confirmed is lost, nothing is said twice (R20–R24)', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const world = await new World().start()
      for (const one of list) await world.run(one)
    }),
    { numRuns: 1500, seed: 2024, includeErrorInReport: true },
  )
})

test('the random worlds above do signal and resume, with and without a gap, and say things again', async () => {
  const seen = { lossless: 0, lossy: 0, signals: 0, repeated: 0 }
  for (const list of fc.sample(actions, { numRuns: 300, seed: 5 })) {
    const world = await new World().start()
    for (const one of list) await world.run(one)
    for (const what of Object.keys(seen) as (keyof typeof seen)[]) seen[what] += world.seen[what]
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${count}`)
})

test.run()
