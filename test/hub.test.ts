/** The hub on a disk that takes its time: who is told what before, while and after it writes, or refuses. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../src/contract/records.ts'
import { countPracticeSeats } from '../src/limits/practice-seats.ts'
import type { CountEvent } from '../src/observability/events.ts'
import { Refusal } from '../src/protocol/errors.ts'
import type { ServerFrame } from '../src/protocol/messages.ts'
import { Channel, type Transport } from '../src/signaling/channel.ts'
import type { Operation } from '../src/signaling/group-commit.ts'
import { Hub } from '../src/signaling/hub.ts'
import { Patience } from '../src/signaling/patience.ts'
import { Rooms } from '../src/signaling/rooms.ts'
import { rules, ticket } from './conversation-support.ts'

/** A connection that notes what it is told. */
class Line implements Transport {
  open = true
  readonly frames: ServerFrame[] = []
  closed: string | undefined
  channel: Channel | undefined

  send(frame: string | Buffer): void {
    if (this.open) this.frames.push(JSON.parse(String(frame)))
  }

  close(reason: string): void {
    this.open = false
    this.closed ??= reason
  }

  get heard(): string[] {
    return this.frames.map((frame) => (frame.type === 'error' ? frame.code : frame.type))
  }
}

/** A hub, and a disk whose every write is finished, or refused, by the test. */
function setUp() {
  const tasks: (() => void)[] = []
  const writes: { changes: readonly Change[]; done: () => void; fail: () => void }[] = []
  const counted: CountEvent[] = []
  const time = { now: 1_000_000 }
  const hub = new Hub(
    {
      clock: { now: () => time.now, elapsed: () => time.now },
      lived: () => time.now,
      soon: (task) => tasks.push(task),
      after: (_ms, task) => tasks.push(task),
      checkCode: (code) => ticket(code === 'host' ? 'host' : 'guest', code, { guests: 2 }),
      persist: (changes) =>
        new Promise((done, reject) => {
          writes.push({ changes, done, fail: () => reject(new Error('full')) })
        }),
      newSession: () => 'session',
      hashToken: (token) => token.padEnd(60),
      isToken: (token, hash) => hash === token.padEnd(60),
      count: (event) => counted.push(event),
      practices: countPracticeSeats(() => undefined),
      failed: () => {},
    },
    { ...rules, resumeMs: 4_000 },
    { version: '1', features: [] },
  )

  /** The event loop goes on until nothing more happens by itself. */
  async function turn(): Promise<void> {
    for (let n = 0; n < 10; n++) {
      for (const task of tasks.splice(0)) task()
      await Promise.resolve()
    }
  }

  async function finish(how: 'done' | 'fail' = 'done'): Promise<void> {
    await turn()
    for (let tries = 0; writes.length > 0 && tries < 100; tries++) {
      writes.shift()?.[how]()
      await turn()
    }
  }

  function join(code: string): Line {
    const line = new Line()
    line.channel = hub.join(line, { type: 'join', code, name: code, id: 1 })
    return line
  }

  function resume(of: Line, seq?: number): Line {
    const [joined] = of.frames
    if (joined?.type !== 'joined') throw new Error('it never joined')
    const line = new Line()
    const seen = seq ?? of.frames.at(-1)?.seq ?? 0
    const message = { type: 'resume', token: joined.resume.token, epoch: 1, seq: seen, name: 'again' } as const
    line.channel = hub.resume(line, message)
    return line
  }

  const peerOf = (line: Line) => line.channel?.peer ?? ''
  const say = (line: Line, message: Parameters<Hub['say']>[1]) => hub.say(line.channel as Channel, message)

  /** A host and Anna in session. */
  async function consultation(): Promise<[Line, Line]> {
    const [host, anna] = [join('host'), join('anna')]
    await finish()
    say(host, { type: 'admit', peer: peerOf(anna), id: 2 })
    await finish()
    return [host, anna]
  }

  return { hub, time, writes, counted, turn, finish, join, resume, say, peerOf, consultation }
}

for (const seqs of [
  [undefined, 0],
  [0, undefined],
  [undefined, undefined],
]) {
  test(`of two resumes in one turn the later has the seat, and keeps it (seq ${seqs.map((seq) => seq ?? 'last').join(', ')})`, async () => {
    const { hub, time, turn, finish, resume, consultation, join } = setUp()
    const [, anna] = await consultation()
    join('bert')
    const [first, second] = seqs.map((seq) => resume(anna, seq)) as [Line, Line]
    await finish()
    assert.equal([anna.closed, first.closed, second.closed], ['replaced', 'replaced', undefined])
    assert.is(second.heard[0], 'resumed')
    hub.lost(first.channel as Channel, first)
    time.now += 60_000
    hub.expire()
    await turn()
    assert.is(second.closed, undefined)
    assert.is(hub.rooms.get('room')?.seats.find(({ name }) => name === 'again')?.awaySince, null)
  })
}

test('who resumes and hangs up in the same turn is away, and can come back', async () => {
  const { hub, finish, resume, consultation, join } = setUp()
  const [host, anna] = await consultation()
  join('bert')
  const gone = resume(anna)
  gone.open = false
  hub.lost(gone.channel as Channel, gone)
  await finish()
  assert.is(host.heard.at(-1), 'peer-away')
  const back = resume(anna)
  await finish()
  assert.is(back.heard[0], 'resumed')
})

test('a running call goes on while the disk is stuck, and who is just admitted is told so first', async () => {
  const { turn, finish, join, say, peerOf, consultation } = setUp()
  const [host, anna] = await consultation()
  const bert = join('bert')
  await finish()
  say(host, { type: 'admit', peer: peerOf(bert), id: 3 })
  await turn()
  say(anna, { type: 'signal', to: peerOf(host), data: 1 })
  say(host, { type: 'signal', to: peerOf(bert), data: 2 })
  say(anna, { type: 'ping', id: 9 })
  assert.is(host.heard.at(-1), 'signal')
  assert.is(anna.heard.at(-1), 'pong')
  assert.not.ok(bert.heard.includes('signal'))
  await finish()
  assert.equal(bert.heard.slice(-2), ['admitted', 'signal'])
})

test('signals keep their order while the disk takes its time, also past the moment in which somebody is admitted', async () => {
  const { turn, writes, join, say, finish, peerOf } = setUp()
  const [host, anna] = [join('host'), join('anna')]
  await finish()
  const signal = (data: number) => say(host, { type: 'signal', to: peerOf(anna), data })
  say(host, { type: 'admit', peer: peerOf(anna), id: 2 })
  await turn()
  signal(1)
  join('bert')
  writes.shift()?.done()
  await Promise.resolve()
  await Promise.resolve()
  assert.is(anna.heard.at(-1), 'admitted')
  signal(2)
  await finish()
  signal(3)
  const heard = anna.frames.flatMap((frame) => (frame.type === 'signal' ? [frame.data] : []))
  assert.equal(heard, [1, 2, 3])
})

test('whoever is put back and admitted again hears so before what is said after it', async () => {
  const { finish, say, peerOf, consultation } = setUp()
  const [host, anna] = await consultation()
  const from = anna.frames.length
  say(host, { type: 'hold', peer: peerOf(anna), id: 3 })
  say(host, { type: 'admit', peer: peerOf(anna), id: 4 })
  say(host, { type: 'signal', to: peerOf(anna), data: 1 })
  await finish()
  assert.equal(anna.heard.slice(from), ['held', 'waiting', 'admitted', 'signal'])
})

test('what cannot be written at once is tried again, together with what has come since, and told once', async () => {
  const { turn, writes, join } = setUp()
  const anna = join('anna')
  await turn()
  for (const _ of [1, 2, 3]) {
    writes.shift()?.fail()
    await turn()
  }
  const bert = join('bert')
  assert.equal([anna.heard, bert.heard], [[], []])
  writes.shift()?.fail()
  await turn()
  assert.is(writes[0]?.changes.length, 2)
  writes.shift()?.done()
  await turn()
  assert.equal([anna.heard, bert.heard], Array(2).fill(['joined', 'waiting']))
})

test('what can never be written is taken back as a whole: try again, nothing was counted, the seat is as it was', async () => {
  const { hub, counted, finish, join, resume, say, peerOf, consultation } = setUp()
  const [host, anna] = await consultation()
  const before = hub.rooms.get('room')
  counted.length = 0
  say(host, { type: 'hold', peer: peerOf(anna), id: 5 })
  const bert = join('bert')
  await finish('fail')
  assert.equal([bert.heard, bert.closed], [['internal'], 'restarting'])
  assert.equal([host.heard.at(-1), anna.closed], ['internal', undefined])
  assert.equal(hub.rooms.get('room'), before)
  assert.equal(counted, [])
  const back = resume(anna)
  assert.is(back.heard[0], 'resumed', 'nothing is left that it would wait for')
})

test('a signal is never lost without a word: neither of whose seat the disk gives back, nor to whom it lets in nobody', async () => {
  const { finish, join, say, peerOf, turn, consultation } = setUp()
  const [host, anna] = await consultation()
  say(host, { type: 'deny', peer: peerOf(anna), id: 3 })
  await turn()
  say(anna, { type: 'signal', to: peerOf(host), data: 1, id: 7 })
  await finish('fail')
  assert.equal(anna.frames.at(-1), { ...anna.frames.at(-1), type: 'error', code: 'internal', re: 7 })

  const berta = join('berta')
  await finish()
  say(host, { type: 'admit', peer: peerOf(berta), id: 4 })
  await turn()
  say(host, { type: 'signal', to: peerOf(berta), data: 1, id: 5 })
  await finish('fail')
  assert.equal(
    host.frames.slice(-2).map((frame) => frame.type === 'error' && [frame.code, frame.re]),
    [
      ['internal', 4],
      ['internal', 5],
    ],
  )
})

test('time in which the disk lets nobody back in is not counted', async () => {
  const { hub, time, finish, join, resume, consultation } = setUp()
  const [, anna] = await consultation()
  hub.expire()
  hub.lost(anna.channel as Channel, anna)
  join('bert')
  await finish('fail')
  time.now += 60_000
  hub.expire()
  hub.commit.recovered()
  time.now += 3_000
  hub.expire()
  const back = resume(anna)
  await finish()
  assert.is(back.heard[0], 'resumed')
})

test('a code that is revoked twice at once is revoked when that is on disk, for both', async () => {
  const { hub, turn, finish, consultation } = setUp()
  await consultation()
  const done: string[] = []
  for (const one of ['first', 'second']) hub.revoke('room', 'code-anna').then(() => done.push(one))
  await turn()
  assert.equal(done, [])
  await finish()
  assert.equal(done, ['first', 'second'])
})

for (const what of ['the disk refuses', 'the connection is lost before it is told'] as const) {
  test(`who comes back in the last second, where ${what}, has the whole time to try again`, async () => {
    const { hub, time, finish, join, resume, consultation } = setUp()
    const [, anna] = await consultation()
    hub.lost(anna.channel as Channel, anna)
    time.now += 3_900
    join('bert')
    const inVain = resume(anna)
    if (what !== 'the disk refuses') {
      inVain.open = false
      hub.lost(inVain.channel as Channel, inVain)
    }
    await finish(what === 'the disk refuses' ? 'fail' : 'done')
    hub.commit.recovered()
    time.now += 3_900
    hub.expire()
    await finish()
    const back = resume(anna)
    await finish()
    assert.is(back.heard[0], 'resumed')
  })
}

test('a refusal that rests on what the disk then refuses is none', async () => {
  for (const how of ['done', 'fail'] as const) {
    const { hub, finish, join, resume, say, peerOf } = setUp()
    const [host, anna] = [join('host'), join('anna')]
    await finish()
    say(host, { type: 'deny', peer: peerOf(anna), id: 2 })
    const again = new Line()
    try {
      resume(anna)
      throw new Error('it is denied')
    } catch (error) {
      assert.is((error as Refusal).code, 'seat_expired')
      hub.decline(again, () => again.close('seat_expired'), 7)
    }
    try {
      say(host, { type: 'notice', text: 'gleich', peer: peerOf(anna), id: 3 })
      throw new Error('it is denied')
    } catch (error) {
      assert.instance(error, Refusal)
      hub.refuse(host.channel as Channel, { type: 'error', code: 'no_such_peer', message: '', re: 3 })
    }
    assert.equal([again.closed, host.heard.at(-1)], [undefined, 'knock'])
    await finish(how)
    if (how === 'done') {
      assert.equal([again.closed, host.heard.slice(-2)], ['seat_expired', ['peer-left', 'no_such_peer']])
    } else {
      assert.equal([again.heard, again.closed, anna.closed], [['internal'], 'restarting', undefined])
      assert.equal(host.heard.slice(-2), ['internal', 'internal'])
    }
  }
})

test('a seat whose owner the disk did not let back in is given up in its time all the same', async () => {
  const { hub, time, finish, join, resume, consultation } = setUp()
  const [host, anna] = await consultation()
  hub.lost(anna.channel as Channel, anna)
  join('bert')
  const back = resume(anna)
  await finish('fail')
  assert.is(back.closed, 'restarting')
  hub.commit.recovered()
  hub.expire()
  time.now += 4_000
  hub.expire()
  await finish()
  assert.equal(host.heard.slice(-2), ['peer-left', 'ended'])
})

test('a join that the disk refuses leaves nothing behind', () => {
  const refusing = {
    add({ undo, refuse }: Operation) {
      undo?.()
      refuse?.()
    },
  }
  const rooms = new Rooms(
    refusing,
    rules,
    countPracticeSeats(() => undefined),
  )
  const channel = new Channel({ peer: 'anna', room: 'room', token: '', epoch: 1, lastId: 0 }, 1024)
  const entry = { ticket: ticket('guest', 'anna'), peer: 'anna', name: 'Anna', takeover: false }
  rooms.run(channel, { type: 'enter', ...entry }, { now: 0, elapsed: 0 })
  assert.equal([rooms.channel('anna'), rooms.get('room')], [undefined, undefined])
})

test('the time away runs from the loss, however often it is noted', () => {
  const time = { now: 0 }
  const patience = new Patience(() => time.now)
  const channels = ['anna', 'bert'].map((peer) => ({ peer }) as Channel)
  for (const channel of channels) patience.begin(channel)
  time.now = 3_000
  for (const channel of channels) patience.begin(channel)
  time.now = 4_000
  assert.equal([...patience.over(4_000)], channels)
})

test.run()
