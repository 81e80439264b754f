/** The server may die at any moment: what was confirmed is there again afterwards (R24, R27). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Server, startServer, successorOf } from './server-support.ts'

const sessions = async (server: Server) =>
  ((await (await server.request('/v1/sessions')).json()) as { sessions: Record<string, unknown>[] }).sessions

test('after a kill every seat resumes with its peer id and state, in a new epoch, and the session goes on (R24)', async () => {
  const server = await startServer()
  const { host, guest, guestPeer, hostPeer, admitted, room } = await server.consultation()
  const { codes } = await server.mint({ room, roles: ['guest'] })
  const waiting = await server.join(codes[0]?.code ?? '', 'Bert')
  const next = await successorOf(server)

  const hostAgain = await next.resume(host)
  assert.equal(await hostAgain.next('resumed'), {
    type: 'resumed',
    peer: hostPeer,
    role: 'host',
    state: 'admitted',
    epoch: 2,
    id: 0,
    lossless: false,
  })
  assert.equal(
    (await hostAgain.next('lobby')).peers.map(({ name, state, present }) => [name, state, present]),
    [
      ['', 'admitted', false],
      ['', 'waiting', false],
    ],
  )
  assert.is((await hostAgain.next('peer-joined')).peer, guestPeer)

  const guestAgain = await next.resume(guest, { name: 'Anna' })
  assert.is((await guestAgain.next('resumed')).state, 'admitted')
  const state = await guestAgain.next('admitted')
  assert.is(state.session, admitted.session)
  assert.equal(state.peers, [{ peer: hostPeer, role: 'host', name: '', polite: true }])
  assert.is((await hostAgain.next('peer-back')).name, 'Anna')
  const waitingAgain = await next.resume(waiting, { name: 'Bert' })
  assert.is((await waitingAgain.next('waiting')).host, 'present')
  assert.is((await hostAgain.next('peer-back')).name, 'Bert', 'names come back with their owners')

  hostAgain.send({ type: 'signal', to: guestPeer, data: 'restart ICE' })
  assert.is((await guestAgain.next('signal')).data, 'restart ICE')
  next.clock.now += 600_000
  hostAgain.send({ type: 'end' })
  await hostAgain.next('ended')
  const [record, ...more] = await sessions(next)
  assert.equal(more, [])
  assert.is(record?.duration, 600)
  assert.is(record?.participants, 2)
  assert.is(record?.reason, 'ended')
})

test('what nobody resumes after a kill is closed as interrupted, when the server was last known to live (R27)', async () => {
  const server = await startServer()
  await server.consultation()
  const start = server.clock.now
  await server.pass(300)
  const next = await successorOf(server)
  next.clock.now += 3_600_000
  const late = await successorOf(next)
  await late.pass(121)
  const [record] = await sessions(late)
  assert.is(record?.reason, 'interrupted')
  assert.ok(
    Number(record?.end) >= start + 240_000 && Number(record?.end) <= start + 300_000,
    'within a minute of the truth',
  )
  assert.is((await late.record.restore()).seats.length, 0)
})

test('a seat is on disk before its owner hears of it, and off the disk when it is given up (R24)', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const next = await successorOf(server)
  const again = await next.resume(guest, { name: 'Anna' })
  assert.is((await again.next('resumed')).state, 'waiting')
  again.send({ type: 'leave' })
  await again.closed
  const last = await successorOf(next)
  const tooLate = await last.resume(guest, { name: 'Anna' })
  assert.is((await tooLate.next('error')).code, 'seat_expired')
})

test('after a kill a guest who says no name is asked for one, and its seat waits for it (R2, R24)', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const next = await successorOf(server)
  for (const [name, code] of [
    [undefined, 'name_required'],
    ['\u3164', 'name_invalid'],
  ] as const) {
    const nameless = await next.resume(guest, name === undefined ? {} : { name })
    assert.equal([(await nameless.next('error')).code, (await nameless.closed).code], [code, 4506])
  }
  const again = await next.resume(guest, { name: 'Anna' })
  assert.is((await again.next('resumed')).state, 'waiting')
  const lobby = await (await next.join(codes[0]?.code ?? '')).next('lobby')
  assert.equal(
    lobby.peers.map(({ name }) => name),
    ['Anna'],
  )
})

test('a frame that changed anything before the kill is not carried out again after it (R23)', async () => {
  const server = await startServer()
  const { host, guestPeer } = await server.consultation()
  host.send({ type: 'hold', peer: guestPeer, id: 7 })
  await host.next('ended')
  const next = await successorOf(server)
  const again = await next.resume(host)
  assert.is((await again.next('resumed')).id, 7)
  again.send({ type: 'hold', peer: guestPeer, id: 7 })
  assert.equal(
    (await again.rest()).filter((frame) => frame.type === 'error'),
    [],
    'it is ignored, not refused',
  )
})

test('a notice that is said again after a kill is heard again, as the reference says', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const notice = { type: 'notice', text: 'Gleich.', id: 7 } as const
  host.send(notice)
  await guest.next('notice')
  const next = await successorOf(server)
  const [hostAgain, guestAgain] = [await next.resume(host), await next.resume(guest, { name: 'Anna' })]
  assert.ok((await hostAgain.next('resumed')).id < 7, 'it changed no seat')
  await guestAgain.next('resumed')
  hostAgain.send(notice)
  assert.is((await guestAgain.next('notice')).text, 'Gleich.')
})

test('a disk that refuses makes join and admit fail with internal, and leaves everything as it was', async () => {
  const server = await startServer()
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const host = await server.join(codes[0]?.code ?? '')
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const { peer } = await host.next('knock')
  const ready = async () => {
    const answer = await server.request('/readyz')
    return [answer.status, ((await answer.json()) as { status: string }).status]
  }
  let broken = true
  server.breakDisk(() => broken)
  host.send({ type: 'admit', peer, id: 1 })
  const error = await host.next('error')
  assert.equal([error.code, error.re], ['internal', 1])
  const late = await server.connect()
  late.send({ type: 'join', code: codes[2]?.code ?? '', name: 'Bert', id: 3 })
  assert.equal([(await late.next('error')).code, (await late.closed).code], ['internal', 1012])
  guest.send({ type: 'leave', id: 2 })
  assert.is((await guest.next('error')).code, 'internal')
  assert.equal(await host.rest(), [], 'nobody heard of what did not happen')
  assert.equal(await ready(), [503, 'commits_failing'])
  assert.match(await (await server.request('/metrics')).text(), /^wartezimmer_commit_failures [1-9]/m)
  broken = false
  await server.pass(10)
  await host.settle()
  assert.equal(await ready(), [200, 'ready'], 'also where nobody tries to dial in')
  host.send({ type: 'admit', peer, id: 2 })
  await guest.next('admitted')
})

test('a connection lost while the disk refuses is away all the same', async () => {
  const server = await startServer()
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const host = await server.join(codes[0]?.code ?? '')
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const { peer } = await host.next('knock')
  server.breakDisk(() => true)
  // Both in one turn of the server's loop, as near as a test gets to it.
  host.send({ type: 'admit', peer })
  guest.drop()
  assert.is((await host.next('peer-away')).peer, peer)
})

test.run()
