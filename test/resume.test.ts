/** Losing the connection, and coming back: away, resume, replay, takeover, expiry. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ReplayBuffer } from '../src/signaling/replay-buffer.ts'
import { type Server, startServer } from './server-support.ts'

const test = suite<{ server: Server }>('resume')

test.before.each(async (context) => {
  context.server = await startServer()
})
test.after.each(async ({ server }) => {
  await server.stop()
})

test('a dropped connection is away for the others, and resumes with all that it missed (R20, R23)', async ({
  server,
}) => {
  const { host, guest, guestPeer } = await server.consultation()
  guest.drop()
  assert.equal((await host.next('peer-away')).peer, guestPeer)
  for (const data of [1, 2, 3]) host.send({ type: 'signal', to: guestPeer, data })
  await host.settle()
  const again = await server.resume(guest, { name: 'Anna', id: 9 })
  const resumed = await again.next('resumed')
  assert.equal(resumed, {
    type: 'resumed',
    peer: guestPeer,
    role: 'guest',
    state: 'admitted',
    epoch: 1,
    id: 0,
    lossless: true,
    re: 9,
  })
  const missed = await again.rest()
  assert.equal(
    missed.map((frame) => [frame.seq, frame.type === 'signal' && frame.data]),
    [
      [3, 1],
      [4, 2],
      [5, 3],
    ],
  )
  assert.equal((await host.next('peer-back')).peer, guestPeer)
})

test('after a lossless resume no peer is named again, and the id of the resume is not counted', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  host.drop()
  await guest.next('peer-away')
  const again = await server.resume(host, { id: 99 })
  assert.is((await again.next('resumed')).lossless, true)
  assert.equal(
    (await again.rest()).map(({ type }) => type),
    ['lobby', 'ice'],
  )
  again.send({ type: 'hold', peer: guestPeer, id: 1 })
  await guest.next('held')
})

test('the older connection of a resumed seat is cut at once and can say nothing more (R22)', async ({ server }) => {
  const { host, guest, hostPeer } = await server.consultation()
  const again = await server.resume(guest)
  await again.next('resumed')
  guest.send({ type: 'signal', to: hostPeer, data: 'from the old one' })
  assert.is((await guest.closed).code, 4501)
  again.send({ type: 'signal', to: hostPeer, data: 'from the new one' })
  assert.is((await host.next('signal')).data, 'from the new one')
  assert.not.ok(host.frames.some((frame) => frame.type === 'peer-away'))
})

test('a host that comes back finds the whole waiting room, and the guests hear of both (R11)', async ({ server }) => {
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  await host.next('knock')
  host.drop()
  await guest.next('waiting')
  assert.equal((await guest.next('waiting')).host, 'away')
  const again = await server.resume(host)
  assert.is((await again.next('resumed')).lossless, true)
  assert.is((await again.next('lobby')).peers[0]?.name, 'Anna')
  await again.next('ice')
  assert.equal((await guest.next('waiting')).host, 'present')
})

for (const [what, wrong] of [
  ['an epoch of long ago', { epoch: 2 }],
  ['frames that were never sent', { seq: 999 }],
] as const) {
  test(`a resume that claims ${what} gets the whole state`, async ({ server }) => {
    const { guest } = await server.consultation()
    const again = await server.resume(guest, wrong)
    assert.is((await again.next('resumed')).lossless, false)
    await again.next('admitted')
  })
}

test('the pong is the acknowledgement: what it covers is not kept (R20)', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  host.send({ type: 'signal', to: guestPeer, data: 'seen' })
  await guest.next('signal')
  await server.pass(30)
  guest.drop()
  await host.next('peer-away')
  const again = await server.resume(guest, { seq: 0 })
  assert.is((await again.next('resumed')).lossless, false, 'frames 1 to 3 are not there any more')
})

for (const [what, token] of [
  ['unknown', () => 'nobody.xxxx'],
  ['empty', () => ''],
  ['half right', (right: string) => `${right.slice(0, -1)}!`],
  ['without its secret', (right: string) => right.slice(0, right.indexOf('.') + 1)],
] as const) {
  test(`a token that is ${what} is answered seat_expired and 4504`, async ({ server }) => {
    const { guest } = await server.consultation()
    const again = await server.resume(guest, { token: token(guest.memory.token) })
    assert.is((await again.next('error')).code, 'seat_expired')
    assert.is((await again.closed).code, 4504)
    assert.is(guest.socket.readyState, 1)
  })
}

test('whoever has a name keeps it, where a resume says none or one that is no good (R2)', async ({ server }) => {
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  let guest = await server.join(codes[1]?.code ?? '', 'Anna')
  for (const name of [undefined, '', '\u3164', 'x'.repeat(300)]) {
    const again = await server.resume(guest, name === undefined ? {} : { name })
    await again.next('resumed')
    // Of a lossless resume nothing follows, so what is to be remembered stays.
    again.frames.unshift(...guest.frames)
    guest = again
  }
  await host.rest()
  const back = await server.resume(host)
  assert.is((await back.next('lobby')).peers[0]?.name, 'Anna')
})

test('a seat away for longer than its time is gone, and not before (R20, R27)', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  guest.drop()
  await host.next('peer-away')
  await server.pass(119)
  assert.equal(await host.rest(), [])
  await server.pass(1)
  assert.equal((await host.next('peer-left')).reason, 'expired')
  assert.equal((await host.next('ended')).reason, 'expired')
  const again = await server.resume(guest)
  assert.is((await again.next('error')).code, 'seat_expired')
  assert.ok(guestPeer)
})

test('a host gone for good ends the session; its guest waits again (R27)', async ({ server }) => {
  const { host, guest } = await server.consultation()
  await guest.rest()
  host.drop()
  await guest.next('peer-away')
  await server.pass(120)
  assert.equal(
    (await guest.rest()).map((frame) => frame.type),
    ['peer-left', 'held', 'waiting'],
  )
  const { sessions } = (await (await server.request('/v1/sessions')).json()) as { sessions: { reason: string }[] }
  assert.is(sessions[0]?.reason, 'expired')
})

test('a frame sent again after a resume is not carried out twice', async ({ server }) => {
  const { host, guest, hostPeer } = await server.consultation()
  guest.send({ type: 'signal', to: hostPeer, data: 'once', id: 5 })
  await host.next('signal')
  guest.drop()
  const again = await server.resume(guest, { id: 6 })
  assert.is((await again.next('resumed')).id, 5)
  again.send({ type: 'signal', to: hostPeer, data: 'once', id: 5 })
  again.send({ type: 'signal', to: hostPeer, data: 'twice', id: 7 })
  assert.is((await host.next('signal')).data, 'twice')
})

test('a code whose seat is in session is in use, until takeover is said (R22)', async ({ server }) => {
  const { codes, guest } = await server.consultation()
  const second = await server.connect()
  second.send({ type: 'join', code: codes[1]?.code ?? '', name: 'Anna' })
  assert.is((await second.next('error')).code, 'code_in_use')
  assert.is((await second.closed).code, 4506)
  assert.is(guest.socket.readyState, 1)
  const third = await server.join(codes[1]?.code ?? '', 'Anna', { takeover: true })
  assert.is((await third.next('waiting')).host, 'present')
  assert.is((await guest.closed).code, 4501)
})

test('an outbox repeats exactly what is not acknowledged, or says that it cannot (R23)', () => {
  const push = fc.record({ push: fc.nat(100_000) })
  const acknowledge = fc.record({ acknowledge: fc.nat(60) })
  fc.assert(
    fc.property(fc.array(fc.oneof(push, acknowledge), { maxLength: 60 }), fc.nat(70), (steps, seen) => {
      const outbox = new ReplayBuffer(1, 256 * 1024)
      const sent: Buffer[] = []
      let acknowledged = 0
      for (const step of steps) {
        if ('push' in step) {
          const frame = Buffer.alloc(step.push)
          outbox.push(frame)
          sent.push(frame)
        } else {
          outbox.acknowledge(step.acknowledge)
          if (step.acknowledge <= sent.length) acknowledged = Math.max(acknowledged, step.acknowledge)
        }
      }
      const repeated = outbox.after(seen)
      if (repeated) assert.equal(repeated, sent.slice(seen))
      const size = sent.slice(acknowledged).reduce((sum, { length }) => sum + length, 0)
      if (seen >= acknowledged && seen <= sent.length && size <= 256 * 1024)
        assert.ok(repeated, 'nothing is given up early')
      if (seen > sent.length) assert.is(repeated, undefined)
    }),
    { seed: 5 },
  )
})

test('R33: a seat older than the record may be is given up, although its page is still open', async () => {
  const server = await startServer({ WZ_RETENTION_DAYS: '1' })
  const { codes } = await server.mint({ roles: ['guest'], expiresAt: server.clock.now + 40 * 86_400_000 })
  const guest = await server.join(codes[0]?.code ?? '', 'Anna')
  server.clock.now += 86_400_000 - 1
  await server.sweep()
  assert.equal(await guest.rest(), [{ type: 'waiting', host: 'absent', seq: 1 }])
  server.clock.now += 1
  await server.sweep()
  assert.is((await guest.closed).code, 4504)
  await server.stop()
})

test.run()
