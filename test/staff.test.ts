/** R8: reception sees the waiting room and helps those who wait; it takes part in nothing, and no guest learns of it. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Refusal } from '../src/protocol/errors.ts'
import { Scene, shape, toldTo } from './conversation-support.ts'
import { startServer } from './server-support.ts'

/** A host with anna in session, bert waiting, and carl at the reception. */
function reception(): Scene {
  const scene = new Scene().consultation()
  scene.guest('bert')
  scene.staff('carl')
  return scene
}

test('staff hears at once who waits and is in, whether the host is there and a session runs; the host, that it watches', () => {
  const scene = new Scene().consultation()
  scene.guest('bert')
  const effects = scene.staff('carl')
  assert.equal(shape(effects), ['carl lobby', 'carl host', 'host lobby'])
  const [lobby, host] = toldTo(effects, 'carl')
  assert.equal(lobby?.type === 'lobby' && lobby.peers.map(({ peer, state }) => [peer, state]), [
    ['anna', 'admitted'],
    ['bert', 'waiting'],
  ])
  assert.equal(lobby?.type === 'lobby' && [lobby.now, lobby.staff], [scene.now, 1])
  assert.equal(host, { type: 'host', host: 'present', session: true })
})

test('staff follows the waiting room, and every change of host and session', () => {
  const scene = reception()
  const told = (act: () => Parameters<typeof shape>[0]) => shape(act()).filter((line) => line.startsWith('carl '))
  assert.equal(
    told(() => scene.guest('dora')),
    ['carl knock'],
  )
  assert.equal(
    told(() => scene.run({ type: 'lost', peer: 'dora' })),
    ['carl peer-away'],
  )
  assert.equal(
    told(() => scene.run({ type: 'back', peer: 'dora', name: 'D', lossless: true })),
    ['carl peer-back'],
  )
  assert.equal(
    told(() => scene.say('host', { type: 'deny', peer: 'dora' })),
    ['carl peer-left'],
  )
  assert.equal(
    told(() => scene.say('host', { type: 'hold', peer: 'anna' })),
    ['carl lobby', 'carl host'],
  )
  assert.equal(
    told(() => scene.say('host', { type: 'admit', peer: 'anna' })),
    ['carl lobby', 'carl host'],
  )
  assert.equal(
    told(() => scene.run({ type: 'lost', peer: 'anna' })),
    ['carl peer-away'],
  )
  assert.equal(
    told(() => scene.run({ type: 'lost', peer: 'host' })),
    ['carl host'],
  )
  assert.equal(
    told(() => scene.run({ type: 'back', peer: 'host', lossless: true })),
    ['carl host'],
  )
  assert.equal(
    told(() => scene.say('host', { type: 'end' })),
    ['carl peer-left', 'carl host'],
  )
  assert.equal(
    told(() => scene.say('host', { type: 'leave' })),
    ['carl host'],
  )
})

test('no guest is told anything by anything that staff does but a notice, or that it is denied', () => {
  const scene = reception()
  const guests = (act: () => Parameters<typeof shape>[0]) => shape(act()).filter((line) => /^(?:anna|bert) /.test(line))
  assert.equal(
    guests(() => scene.staff('dora')),
    [],
  )
  assert.equal(
    guests(() => scene.run({ type: 'lost', peer: 'dora' })),
    [],
  )
  assert.equal(
    guests(() => scene.run({ type: 'back', peer: 'dora', lossless: false })),
    [],
  )
  assert.equal(
    guests(() => scene.say('dora', { type: 'leave' })),
    [],
  )
  assert.equal(
    guests(() => scene.run({ type: 'revoke', code: 'code-carl' })),
    [],
  )
  scene.staff('carl')
  assert.equal(
    guests(() => scene.say('carl', { type: 'notice', text: 'Gleich.' })),
    ['bert notice'],
  )
  const denied = shape(scene.say('carl', { type: 'deny', peer: 'bert', reason: 'Morgen.' }))
  assert.equal(denied, ['bert denied', 'bert ✕ denied', 'host peer-left', 'carl peer-left'])
})

test('a lossless resume brings a fresh lobby, one with a gap the host as well', () => {
  const scene = reception()
  const back = (lossless: boolean) => {
    scene.run({ type: 'lost', peer: 'carl' })
    return shape(scene.run({ type: 'back', peer: 'carl', lossless }))
  }
  assert.equal(back(true), ['carl lobby'])
  assert.equal(back(false), ['carl lobby', 'carl host'])
})

test('four may watch, each with a code of their own; a code again takes its seat over, if that is away or it says so', () => {
  const scene = reception()
  for (const peer of ['dora', 'emil', 'fritz']) scene.staff(peer)
  const codeOf = (act: () => unknown) => {
    try {
      act()
      return ''
    } catch (error) {
      return (error as Refusal).code
    }
  }
  assert.is(
    codeOf(() => scene.staff('gerd')),
    'room_full',
  )
  assert.is(
    codeOf(() => scene.staff('carl-2', { code: 'code-carl' })),
    'code_in_use',
  )
  assert.equal(shape(scene.staff('carl-2', { code: 'code-carl', takeover: true })), [
    'carl ✕ replaced',
    'carl-2 lobby',
    'carl-2 host',
  ])
  scene.run({ type: 'lost', peer: 'carl-2' })
  assert.ok(shape(scene.staff('carl-3', { code: 'code-carl' })).includes('carl-2 ✕ replaced'))
})

test('the places that a code of staff names count for nothing', () => {
  const scene = new Scene().consultation()
  scene.run({
    type: 'enter',
    ticket: { code: 'c', room: 'room', role: 'staff', guests: 8, reference: null },
    ...{ peer: 'carl', name: '', takeover: false },
  })
  scene.guest('bert')
  assert.throws(
    () => scene.say('host', { type: 'admit', peer: 'bert' }),
    (error: Refusal) => error.code === 'room_full',
  )
})

test('over the wire: minted with 16 symbols, joined as attending, no ICE servers; a guest hears nothing of it', async () => {
  const server = await startServer()
  const { codes, room } = await server.mint({ roles: ['host', 'staff', 'guest'] })
  const [host, staff, guest] = codes.map(({ code }) => code) as [string, string, string]
  assert.match(staff, /^(?:\w{4}-){3}\w{4}$/)
  const anna = await server.join(guest, 'Anna')
  const carl = await server.join(staff)
  const [joined] = carl.frames
  assert.ok(joined?.type === 'joined' && joined.server.features.includes('staff'))
  assert.equal([joined.role, joined.state], ['staff', 'attending'])
  assert.is((await carl.next('host')).host, 'absent')
  const doctor = await server.join(host)
  await doctor.next('ice')
  assert.is((await carl.next('host')).host, 'present')
  const live = (await (await server.request(`/v1/rooms/${room}`)).json()) as {
    peers: { role: string; state: string }[]
  }
  assert.is(live.peers.find(({ role }) => role === 'staff')?.state, 'attending')
  carl.send({ type: 'notice', text: 'Gleich.' })
  await anna.next('notice')
  assert.not.match(JSON.stringify(anna.frames.slice(1)), new RegExp(`staff|${joined.peer}`))
  assert.not.ok(carl.frames.some(({ type }) => type === 'ice' || type === 'signal'))
})

test.run()
