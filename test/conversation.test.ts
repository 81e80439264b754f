/** Consultations step by step: who hears what, in which order. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { durable } from '../src/conversation/changes.ts'
import { restore } from '../src/conversation/restore.ts'
import type { Effect, Room } from '../src/conversation/room.ts'
import { noteOn, recordOf } from '../src/conversation/sessions.ts'
import type { Event } from '../src/conversation/step.ts'
import { Refusal } from '../src/protocol/errors.ts'
import { Scene, shape, toldTo } from './conversation-support.ts'

const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code

test('a guest may wait before the host is there, and is told when the host comes and goes (R10)', () => {
  const scene = new Scene()
  assert.equal(toldTo(scene.guest('anna'), 'anna'), [{ type: 'waiting', host: 'absent' }])
  assert.equal(toldTo(scene.host(), 'anna'), [{ type: 'waiting', host: 'present' }])
  assert.equal(toldTo(scene.run({ type: 'lost', peer: 'host' }), 'anna'), [{ type: 'waiting', host: 'away' }])
  assert.equal(toldTo(scene.run({ type: 'back', peer: 'host', lossless: true }), 'anna'), [
    { type: 'waiting', host: 'present' },
  ])
  assert.equal(toldTo(scene.say('host', { type: 'leave' }), 'anna'), [{ type: 'waiting', host: 'absent' }])
})

test('a host hears of a knock with name and time, and decides before anything is relayed (R3)', () => {
  const scene = new Scene()
  scene.host()
  const { now } = scene
  assert.equal(toldTo(scene.guest('anna'), 'host'), [
    { type: 'knock', peer: 'anna', name: 'name of anna', since: now, quiet: false },
  ])
  assert.throws(() => scene.say('anna', { type: 'signal', to: 'host', data: {} }), refused('wrong_state'))
})

test('a host begins with the whole waiting room, then its ICE servers (R11)', () => {
  const scene = new Scene()
  scene.guest('anna')
  scene.now += 1000
  scene.guest('bert')
  scene.run({ type: 'lost', peer: 'anna' })
  assert.equal(toldTo(scene.host(), 'host'), [
    {
      type: 'lobby',
      now: scene.now,
      staff: 0,
      peers: [
        { peer: 'anna', name: 'name of anna', state: 'waiting', present: false, since: scene.now - 1000 },
        { peer: 'bert', name: 'name of bert', state: 'waiting', present: true, since: scene.now },
      ],
    },
    { type: 'ice', servers: [{ urls: ['turn:for-host'] }], policy: 'all' },
  ])
})

test('admitting tells the guest of its peers and ICE servers, and the host to make the first offer (R6)', () => {
  const scene = new Scene()
  scene.host()
  scene.guest('anna')
  const effects = scene.say('host', { type: 'admit', peer: 'anna' })
  assert.equal(effects, [
    {
      effect: 'record',
      session: {
        id: 'session-1',
        room: 'room',
        start: scene.now,
        end: null,
        codes: ['code-anna'],
        cutOff: null,
        participants: 2,
        reason: null,
        reference: null,
      },
    },
    {
      effect: 'send',
      to: 'anna',
      message: {
        type: 'admitted',
        session: 'session-1',
        peers: [{ peer: 'host', role: 'host', name: '', polite: true }],
        ice: { servers: [{ urls: ['turn:for-anna'] }], policy: 'all' },
      },
    },
    {
      effect: 'send',
      to: 'host',
      message: { type: 'peer-joined', peer: 'anna', role: 'guest', name: 'name of anna', polite: false },
    },
  ])
})

test('signals go both ways between admitted peers, offers again and again (R28)', () => {
  const scene = new Scene().consultation()
  for (const data of [{ description: 1 }, { candidate: 2 }, { description: 3 }]) {
    assert.equal(scene.say('host', { type: 'signal', to: 'anna', data }), [
      { effect: 'send', to: 'anna', message: { type: 'signal', from: 'host', data } },
    ])
    assert.equal(toldTo(scene.say('anna', { type: 'signal', to: 'host', data }), 'host'), [
      { type: 'signal', from: 'anna', data },
    ])
  }
})

test('a running session is not disturbed: a knock is quiet and its guests hear nothing (R7)', () => {
  const scene = new Scene().consultation()
  const effects = scene.guest('bert')
  assert.equal(shape(effects), ['bert waiting', 'host knock'])
  assert.ok(toldTo(effects, 'host').every((message) => message.type === 'knock' && message.quiet))
})

test('end sends the guests in session home, and leaves those who wait (R12)', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  scene.now += 60_000
  const effects = scene.say('host', { type: 'end' })
  assert.equal(shape(effects), ['anna ended', 'anna ✕ ended', 'host peer-left', 'record ended', 'host ended'])
  const record = effects.find((effect) => effect.effect === 'record')
  assert.is(record?.session.end, scene.now)
  assert.equal(
    scene.room.seats.map((seat) => seat.peer),
    ['host', 'bert'],
  )
})

test('deny gives the reason, and a denied guest can knock again (R13)', () => {
  const scene = new Scene()
  scene.host()
  scene.guest('anna')
  const effects = scene.say('host', { type: 'deny', peer: 'anna', reason: 'Bitte um 15 Uhr.' })
  assert.equal(shape(effects), ['anna denied', 'anna ✕ denied', 'host peer-left'])
  assert.equal(toldTo(effects, 'anna'), [{ type: 'denied', reason: 'Bitte um 15 Uhr.' }])
  assert.equal(shape(scene.guest('anna2', { code: 'code-anna' })), ['anna2 waiting', 'host knock'])
})

test('hold puts a guest back into the waiting room, where it is relayed nothing (R6)', () => {
  const scene = new Scene().consultation()
  assert.equal(shape(scene.say('host', { type: 'hold', peer: 'anna' })), [
    'host peer-left',
    'anna held',
    'anna waiting',
    'record held',
    'host ended',
  ])
  assert.throws(() => scene.say('anna', { type: 'signal', to: 'host', data: 1 }), refused('wrong_state'))
  assert.throws(() => scene.say('host', { type: 'signal', to: 'anna', data: 1 }), refused('no_such_peer'))
})

test('who was once admitted waits again the next time (R13)', () => {
  const scene = new Scene().consultation()
  scene.say('anna', { type: 'leave' })
  assert.equal(shape(scene.guest('anna2', { code: 'code-anna' })), ['anna2 waiting', 'host knock'])
})

test('the last guest to leave ends the session, for that reason', () => {
  const scene = new Scene().consultation()
  assert.equal(shape(scene.say('anna', { type: 'leave' })), [
    'anna ✕ left',
    'host peer-left',
    'record left',
    'host ended',
  ])
})

test('a host that leaves ends the session, and its guests wait again', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  assert.equal(shape(scene.say('host', { type: 'leave' })), [
    'host ✕ left',
    'anna peer-left',
    'anna held',
    'anna waiting',
    'bert waiting',
    'record left',
  ])
})

test('a notice reaches those who wait and nobody else, as it is (R15)', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  scene.guest('cleo')
  const text = '<b>Noch 5 Minuten</b>'
  assert.equal(shape(scene.say('host', { type: 'notice', text })), ['bert notice', 'cleo notice'])
  assert.equal(toldTo(scene.say('host', { type: 'notice', text, peer: 'cleo' }), 'cleo'), [{ type: 'notice', text }])
})

test('a session takes eight guests in full mesh, and refuses the ninth (R14)', () => {
  const scene = new Scene()
  scene.host('host', { guests: 8 })
  const guests = Array.from({ length: 9 }, (_, index) => `guest${index}`)
  for (const guest of guests) scene.guest(guest, { reference: `ref${guest}` })
  for (const guest of guests.slice(0, 8)) scene.say('host', { type: 'admit', peer: guest })
  assert.throws(() => scene.say('host', { type: 'admit', peer: 'guest8' }), refused('room_full'))
  const effects = scene.say('guest3', { type: 'signal', to: 'guest5', data: 'x' })
  assert.equal(shape(effects), ['guest5 signal'])
  const ended = scene.say('host', { type: 'end' }).find((effect) => effect.effect === 'record')
  assert.is(ended?.session.participants, 9)
  assert.is(
    ended?.session.reference,
    guests
      .slice(0, 8)
      .map((guest) => `ref${guest}`)
      .join(', '),
  )
})

test('of two guests the one admitted later is polite', () => {
  const scene = new Scene()
  scene.host('host', { guests: 2 })
  scene.guest('anna')
  scene.guest('bert')
  scene.say('host', { type: 'admit', peer: 'bert' })
  const effects = scene.say('host', { type: 'admit', peer: 'anna' })
  const [admitted] = toldTo(effects, 'anna')
  assert.ok(admitted?.type === 'admitted' && admitted.peers.every((peer) => peer.polite))
  const [joined] = toldTo(effects, 'bert')
  assert.ok(joined?.type === 'peer-joined' && !joined.polite)
})

test('a waiting seat is taken over by the same code and keeps its place in the queue (R22)', () => {
  const scene = new Scene()
  scene.host()
  scene.guest('anna')
  const { now } = scene
  scene.now += 5000
  scene.guest('bert')
  const effects = scene.guest('anna2', { code: 'code-anna' })
  assert.equal(shape(effects), ['anna ✕ replaced', 'host peer-left', 'anna2 waiting', 'host knock'])
  assert.equal(
    scene.room.seats.map((seat) => [seat.peer, seat.since]),
    [
      ['host', now],
      ['anna2', now],
      ['bert', now + 5000],
    ],
  )
})

test('a seat in session is code_in_use, unless takeover is said; then the guest waits again (R22)', () => {
  const scene = new Scene().consultation()
  assert.throws(() => scene.guest('anna2', { code: 'code-anna' }), refused('code_in_use'))
  assert.equal(shape(scene.guest('anna2', { code: 'code-anna', takeover: true })), [
    'anna ✕ replaced',
    'host peer-left',
    'record replaced',
    'host ended',
    'anna2 waiting',
    'host knock',
  ])
})

test('an away seat in session is taken over without being asked (R22)', () => {
  const scene = new Scene().consultation()
  scene.run({ type: 'lost', peer: 'anna' })
  scene.guest('anna2', { code: 'code-anna' })
  assert.is(scene.room.seats.find((seat) => seat.peer === 'anna2')?.state, 'waiting')
})

test('a second host code of the room meets the same rule, and the session goes on (R22)', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  assert.throws(() => scene.host('host2', { code: 'other' }), refused('code_in_use'))
  const effects = scene.host('host2', { code: 'other', takeover: true })
  assert.equal(shape(effects), [
    'anna peer-left',
    'host ✕ replaced',
    'host2 lobby',
    'host2 ice',
    'host2 peer-joined',
    'anna peer-joined',
  ])
  assert.is(scene.room.session?.id, 'session-1')
})

test('a lost seat is away for the others, not left, and comes back as it was (R20)', () => {
  const scene = new Scene().consultation()
  const { seats } = scene.room
  assert.equal(shape(scene.run({ type: 'lost', peer: 'anna' })), ['host peer-away'])
  assert.equal(shape(scene.run({ type: 'lost', peer: 'anna' })), [], 'again: nothing')
  assert.equal(shape(scene.run({ type: 'back', peer: 'anna', lossless: true })), ['host peer-back'])
  assert.equal(scene.room.seats, seats)
})

test('who comes back with a gap is told the whole state', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  for (const peer of ['host', 'anna', 'bert']) scene.run({ type: 'lost', peer })
  assert.equal(shape(scene.run({ type: 'back', peer: 'anna', lossless: false })), [
    'anna admitted',
    'anna peer-away',
    'host peer-back',
  ])
  assert.equal(shape(scene.run({ type: 'back', peer: 'bert', lossless: false })), ['bert waiting', 'host peer-back'])
  assert.equal(shape(scene.run({ type: 'back', peer: 'host', lossless: false })), [
    'host lobby',
    'host ice',
    'host peer-joined',
    'anna peer-back',
    'bert waiting',
  ])
})

test('an away guest can be admitted and finds itself admitted', () => {
  const scene = new Scene()
  scene.host()
  scene.guest('anna')
  scene.run({ type: 'lost', peer: 'anna' })
  assert.equal(shape(scene.say('host', { type: 'admit', peer: 'anna' })), [
    'record running',
    'anna admitted',
    'host peer-joined',
    'host peer-away',
  ])
})

test('a seat that expires is left for good; one that came back does not expire (R27)', () => {
  const scene = new Scene().consultation()
  assert.equal(shape(scene.run({ type: 'expire', peer: 'anna' })), [])
  scene.run({ type: 'lost', peer: 'anna' })
  assert.equal(shape(scene.run({ type: 'expire', peer: 'anna' })), [
    'anna ✕ seat_expired',
    'host peer-left',
    'record expired',
    'host ended',
  ])
})

test('revoking a code closes the seat that was taken with it', () => {
  const scene = new Scene().consultation()
  assert.equal(shape(scene.run({ type: 'revoke', code: 'code-anna' })), [
    'anna ✕ revoked',
    'host peer-left',
    'record revoked',
    'host ended',
  ])
  assert.equal(shape(scene.run({ type: 'revoke', code: 'code-anna' })), [], 'nobody there: nothing')
})

/** A consultation of a minute, as the next process finds it: what was noted of it (nothing: it went on), and the rest. */
function afterStop(scene: Scene, later: number, note = noteOn(scene.room, scene.at)): Scene {
  const [anna, host] = ['guest', 'host'].map((role) => scene.room.seats.find((seat) => seat.role === role))
  const session = scene.room.session
  assert.ok(anna && host && session)
  const seats = [host, anna].map((seat) => ({ ...durable(seat), room: 'room', token: '', epoch: 2, lastId: 0 }))
  const running = note ?? recordOf('room', session)
  const next = new Scene()
  const sessions = [{ ...running, cutOff: running.cutOff ?? scene.at.now }]
  Object.assign(next, { set: scene.at.now + later - next.now, room: undefined })
  next.room = restore({ seats, sessions }, next.at).rooms[0] as Room
  return next
}

const minute = (): Scene => {
  const scene = new Scene().consultation()
  scene.now += 60_000
  return scene
}

/** How long the session was, and why it ended. */
const course = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => {
    if (effect.effect !== 'record') return []
    const { start, end, reason } = effect.session
    return [end === null ? end : end - start, reason]
  })

test('a session goes on after a stop of the server when both sides are back, also by dialling in anew (R39)', () => {
  const scene = afterStop(minute(), 10_000)
  scene.host('host2')
  scene.run({ type: 'back', peer: 'anna', lossless: false })
  scene.now += 60_000
  assert.equal(course(scene.say('host2', { type: 'end' })), [130_000, 'ended'])
})

test('a stop that seems to take hours was none, or no call outlasts it', () => {
  for (const later of [-86_400_000, 86_400_000]) {
    const scene = afterStop(minute(), later)
    for (const peer of ['host', 'anna']) scene.run({ type: 'back', peer, lossless: false })
    scene.now += 60_000
    assert.equal(course(scene.say('host', { type: 'end' })), [120_000, 'ended'])
  }
})

test('it ended with the stop where only one of them comes back, however often the server stops', () => {
  let scene = afterStop(afterStop(minute(), 0), 10_000)
  for (let stops = 0; stops < 3; stops++) {
    scene.run({ type: 'back', peer: 'host', lossless: false })
    scene.now += 100_000
    scene = afterStop(scene, 10_000)
  }
  scene.run({ type: 'back', peer: 'host', lossless: false })
  scene.now += 100_000
  assert.equal(course(scene.run({ type: 'expire', peer: 'anna' })), [60_000, 'interrupted'])
})

test('it ended with the stop, as interrupted, where nobody has a seat any more (R27)', () => {
  const { room, at } = minute()
  assert.ok(room.session)
  const sessions = [{ ...recordOf('room', room.session), cutOff: at.now }]
  const { rooms, ended } = restore({ seats: [], sessions }, at)
  assert.equal([rooms, course(ended.map((session) => ({ effect: 'record', session })))], [[], [60_000, 'interrupted']])
})

test('it ended when one of them was lost, also where the server stops before that one is given up', () => {
  const before = minute()
  before.run({ type: 'lost', peer: 'anna' })
  before.now += 100_000
  const scene = afterStop(before, 10_000)
  scene.run({ type: 'back', peer: 'host', lossless: false })
  assert.equal(course(scene.run({ type: 'expire', peer: 'anna' })), [60_000, 'interrupted'])
})

test('a clock that is set while it runs makes it no longer and no shorter, also where the server stops after that', () => {
  for (const set of [-86_400_000, 86_400_000]) {
    const before = minute()
    before.set = set
    const scene = afterStop(before, 10_000)
    for (const peer of ['host', 'anna']) scene.run({ type: 'back', peer, lossless: false })
    scene.now += 60_000
    assert.equal(course(scene.say('host', { type: 'end' })), [130_000, 'ended'])
  }
})

test('nor where it is set between two stops, after neither of which anybody has come back at once', () => {
  for (const set of [-600_000, 600_000]) {
    const between = afterStop(minute(), 10_000)
    between.now += 10_000
    between.set += set
    const scene = afterStop(between, 10_000)
    for (const peer of ['host', 'anna']) scene.run({ type: 'back', peer, lossless: false })
    scene.now += 60_000
    assert.equal(course(scene.say('host', { type: 'end' })), [150_000, 'ended'])
  }
})

test('a name that is new on a resume is told, also if the connection was never missed', () => {
  const scene = new Scene().consultation()
  const effects = scene.run({ type: 'back', peer: 'anna', name: 'Anna Neu', lossless: true })
  assert.equal(toldTo(effects, 'host'), [{ type: 'peer-back', peer: 'anna', name: 'Anna Neu' }])
  assert.is(effects.length, 1)
})

test('what a host hears of guests who come back grows with them, and not with its square (R63)', () => {
  const heard = (guests: number): number => {
    const scene = new Scene()
    scene.rules = { ...scene.rules, waitingGuests: guests }
    scene.host()
    for (let guest = 0; guest < guests; guest++) scene.guest(`guest${guest}`)
    // As a restart leaves them.
    scene.room = { ...scene.room, seats: scene.room.seats.map((seat) => ({ ...seat, name: '', awaySince: scene.now })) }
    scene.run({ type: 'back', peer: 'host', lossless: false })
    const told = Array.from({ length: guests }, (_, guest) =>
      toldTo(scene.run({ type: 'back', peer: `guest${guest}`, name: 'Anna', lossless: false }), 'host'),
    )
    return JSON.stringify(told).length / guests
  }
  assert.ok(heard(100) < 1.1 * heard(10))
})

test('a signal of somebody without a seat goes nowhere', () => {
  const scene = new Scene().consultation()
  assert.equal(scene.say('nobody', { type: 'signal', to: 'anna', data: 1 }), [])
})

test('a full waiting room refuses further guests, but not who has a seat in it (R53)', () => {
  const scene = new Scene()
  scene.rules = { ...scene.rules, waitingGuests: 2 }
  scene.guest('anna')
  scene.guest('bert')
  assert.throws(() => scene.guest('cleo'), refused('room_full'))
  assert.equal(shape(scene.guest('anna2', { code: 'code-anna' })), ['anna ✕ replaced', 'anna2 waiting'])
})

/** What the record says of a session's length, in seconds. */
const lengthOf = (effects: readonly Effect[]): number => {
  const record = effects.find((effect) => effect.effect === 'record')?.session
  return ((record?.end ?? Number.NaN) - (record?.start ?? 0)) / 1000
}

test('the length of a session is what has passed, however the wall clock was set meanwhile (R44, R60)', () => {
  for (const set of [-3_600_000, 7_200_000]) {
    const scene = new Scene().consultation()
    scene.now += 11_000
    scene.set = set
    assert.is(lengthOf(scene.say('host', { type: 'end' })), 11)
  }
})

test('a session ended when its last guest, or its host, was last there, not when they were given up (R64)', () => {
  const after = (scene: Scene, seconds: number, ...events: Event[]) => {
    scene.now += seconds * 1000
    return events.flatMap((event) => scene.run(event))
  }
  const lost = (peer: string): Event => ({ type: 'lost', peer })
  const expire = (peer: string): Event => ({ type: 'expire', peer })

  const both = new Scene().consultation()
  after(both, 12, lost('anna'), lost('host'))
  assert.is(lengthOf(after(both, 120, expire('anna'))), 12)

  const host = new Scene().consultation()
  after(host, 12, lost('host'))
  assert.is(lengthOf(after(host, 120, expire('host'))), 12)

  const guestGoes = new Scene().consultation()
  after(guestGoes, 12, lost('host'))
  assert.is(lengthOf([...guestGoes.say('anna', { type: 'leave' })]), 12)

  const goneThenBack = new Scene().consultation()
  after(goneThenBack, 12, lost('anna'))
  after(goneThenBack, 60, { type: 'back', peer: 'anna', lossless: true })
  assert.is(
    lengthOf(after(goneThenBack, 8, { type: 'say', peer: 'host', message: { type: 'end' }, newSession: '' })),
    80,
  )

  const group = new Scene()
  group.host('host', { guests: 2 })
  for (const peer of ['anna', 'bert']) {
    group.guest(peer)
    group.say('host', { type: 'admit', peer })
  }
  after(group, 5, lost('anna'))
  after(group, 55, { type: 'say', peer: 'bert', message: { type: 'leave' }, newSession: '' })
  assert.is(lengthOf(after(group, 65, expire('anna'))), 60, 'as long as one of them was there')
})

test.run()
