/** R8: reception sees the waiting room and helps those who wait; it takes part in nothing, and no guest learns of it. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Effect } from '../src/conversation/room.ts'
import type { Event } from '../src/conversation/step.ts'
import type { Refusal } from '../src/protocol/errors.ts'
import type { ClientMessage } from '../src/protocol/messages.ts'
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

const run = (event: Event) => (scene: Scene) => scene.run(event)
const says = (peer: string, message: ClientMessage) => (scene: Scene) => scene.say(peer, message)

/** What happens, one after the other, and what is told of it to some. */
type Story = [what: (scene: Scene) => Effect[], told: string[]][]

function tell(story: Story, some: RegExp): void {
  const scene = reception()
  for (const [act, told] of story)
    assert.equal(
      shape(act(scene)).filter((line) => some.test(line)),
      told,
      String(act),
    )
}

test('staff follows the waiting room, and every change of host and session', () => {
  tell(
    [
      [(scene) => scene.guest('dora'), ['carl knock']],
      [run({ type: 'lost', peer: 'dora' }), ['carl peer-away']],
      [run({ type: 'back', peer: 'dora', name: 'D', lossless: true }), ['carl peer-back']],
      [says('host', { type: 'deny', peer: 'dora' }), ['carl peer-left']],
      [says('host', { type: 'hold', peer: 'anna' }), ['carl lobby', 'carl host']],
      [says('host', { type: 'admit', peer: 'anna' }), ['carl lobby', 'carl host']],
      [run({ type: 'lost', peer: 'anna' }), ['carl peer-away']],
      [run({ type: 'lost', peer: 'host' }), ['carl host']],
      [run({ type: 'back', peer: 'host', lossless: true }), ['carl host']],
      [says('host', { type: 'end' }), ['carl peer-left', 'carl host']],
      [says('host', { type: 'leave' }), ['carl host']],
    ],
    /^carl /,
  )
})

test('no guest is told anything by anything that staff does but a notice, or that it is denied', () => {
  tell(
    [
      [(scene) => scene.staff('dora'), []],
      [run({ type: 'lost', peer: 'dora' }), []],
      [run({ type: 'back', peer: 'dora', lossless: false }), []],
      [says('dora', { type: 'leave' }), []],
      [run({ type: 'revoke', code: 'code-carl' }), []],
      [(scene) => scene.staff('carl'), []],
      [says('carl', { type: 'notice', text: 'Gleich.' }), ['bert notice']],
      [says('carl', { type: 'deny', peer: 'bert', reason: 'Morgen.' }), ['bert denied', 'bert ✕ denied']],
    ],
    /^(?:anna|bert) /,
  )
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
  const refused = (code: string) => (error: Refusal) => error.code === code
  assert.throws(() => scene.staff('gerd'), refused('room_full'))
  assert.throws(() => scene.staff('carl-2', { code: 'code-carl' }), refused('code_in_use'))
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
