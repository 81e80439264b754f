/** The signaling door over real sockets: frames, refusals, closes, and everything a bad client tries. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type LobbyPeer, MAX_FRAME, MAX_SERVER_FRAME } from '../src/protocol/messages.ts'
import { RawJson } from '../src/protocol/raw-json.ts'
import { encode } from '../src/signaling/frames.ts'
import { newPeer } from '../src/signaling/ids.ts'
import { type Server, startServer } from './server-support.ts'

const test = suite<{ server: Server }>('signaling')

test.before.each(async (context) => {
  context.server = await startServer()
})
test.after.each(async ({ server }) => {
  await server.stop()
})

test('a whole consultation: join, wait, knock, admit, signal, end (R1, R3, R6)', async ({ server }) => {
  const { codes } = await server.mint()
  const host = await server.connect()
  host.send({ type: 'join', code: codes[0]?.code ?? '', id: 1 })
  const hostJoined = await host.next('joined')
  assert.is(hostJoined.role, 'host')
  assert.is(hostJoined.state, 'admitted')
  assert.is(hostJoined.epoch, 1)
  assert.is(hostJoined.re, 1)
  assert.is(hostJoined.resume.within, 120)
  assert.is(hostJoined.seq, undefined)
  assert.equal(await host.next('lobby'), { type: 'lobby', now: server.clock.now, staff: 0, peers: [], seq: 1 })
  assert.equal(await host.next('ice'), { type: 'ice', servers: [], policy: 'all', seq: 2 })

  const guest = await server.join(codes[1]?.code.toLowerCase().replaceAll('-', ' ') ?? '', '  Anna  Müller ')
  assert.equal(await guest.next('waiting'), { type: 'waiting', host: 'present', seq: 1 })
  const knock = await host.next('knock')
  assert.equal(knock, {
    type: 'knock',
    peer: knock.peer,
    name: 'Anna Müller',
    since: server.clock.now,
    quiet: false,
    seq: 3,
  })

  host.send({ type: 'admit', peer: knock.peer, id: 2 })
  const admitted = await guest.next('admitted')
  assert.equal(admitted.peers, [{ peer: hostJoined.peer, role: 'host', name: '', polite: true }])
  assert.is((await host.next('peer-joined')).polite, false)

  const data = { description: { type: 'offer', sdp: 'v=0\r\n…' } }
  host.send({ type: 'signal', to: knock.peer, data, id: 3 })
  assert.equal(await guest.next('signal'), { type: 'signal', from: hostJoined.peer, data, seq: 3 })

  host.send({ type: 'end', id: 4 })
  assert.equal(await guest.next('ended'), { type: 'ended', reason: 'ended', seq: 4 })
  assert.is((await guest.closed).code, 4503)
  assert.is((await host.next('peer-left')).reason, 'ended')
  await host.next('ended')
  host.send({ type: 'leave', id: 5 })
  assert.is((await host.closed).code, 1000)
})

test('every frame to a seat counts on; joined and errors without a seat carry no seq', async ({ server }) => {
  const { codes } = await server.mint()
  const stranger = await server.connect()
  assert.is((await stranger.refused('{}')).seq, undefined)
  const host = await server.join(codes[0]?.code ?? '')
  assert.is((await host.refused('{}')).seq, 3)
})

const FRAMES: [what: string, frame: string | Buffer, code: string, re?: number][] = [
  ['no JSON', 'join', 'bad_frame'],
  ['half a JSON', '{"type":"leave"', 'bad_frame'],
  ['an array', '[]', 'bad_frame'],
  ['null', 'null', 'bad_frame'],
  ['a string', '"leave"', 'bad_frame'],
  ['a binary frame', Buffer.from('{"type":"leave"}'), 'bad_frame'],
  ['an empty frame', '', 'bad_frame'],
  ['no type', '{}', 'bad_message'],
  ['an unknown type', '{"type":"dance"}', 'bad_message'],
  ['a type of the prototype', '{"type":"constructor"}', 'bad_message'],
  ['a type that is no text', '{"type":["leave"]}', 'bad_message'],
  ['an unknown field', '{"type":"leave","x":1,"id":7}', 'bad_message', 7],
  ['a proto field', '{"type":"leave","__proto__":{}}', 'bad_message'],
  ['a missing field', '{"type":"admit","id":8}', 'bad_message', 8],
  ['a wrong type', '{"type":"admit","peer":5}', 'bad_message'],
  ['an id of zero', '{"type":"leave","id":0}', 'bad_message'],
  ['an id that is no integer', '{"type":"leave","id":1.5}', 'bad_message'],
  ['a notice that is too long', JSON.stringify({ type: 'notice', text: 'x'.repeat(501) }), 'bad_message'],
  ['a signal without data', '{"type":"signal","to":"x"}', 'bad_message'],
]

for (const [what, frame, code, re] of FRAMES) {
  test(`${what} is ${code} and changes nothing, with a seat and without (R54, R56)`, async ({ server }) => {
    const { codes } = await server.mint()
    const host = await server.join(codes[0]?.code ?? '')
    const stranger = await server.connect()
    for (const client of [host, stranger]) {
      const error = await client.refused(frame)
      // Of somebody without a seat nobody looks at what else would be wrong.
      assert.is(error.code, client === stranger && code === 'bad_message' ? 'not_joined' : code)
      assert.is(error.re, re)
    }
    assert.is(host.socket.readyState, 1)
    assert.is(stranger.socket.readyState, 1)
    host.send({ type: 'leave' })
    assert.is((await host.closed).code, 1000, 'the seat was still there')
  })
}

test('a frame over 64 KiB closes with 1009, one of exactly 64 KiB passes', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  const around = JSON.stringify({ type: 'signal', to: guestPeer, data: '' }).length
  const frame = (size: number) => JSON.stringify({ type: 'signal', to: guestPeer, data: 'x'.repeat(size - around) })
  host.socket.send(frame(65_536))
  assert.is(String((await guest.next('signal')).data).length, 65_536 - around)
  host.socket.send(frame(65_537))
  assert.is((await host.closed).code, 1009)
})

test('no frame of the server is longer than a client is told to take: signals and the fullest waiting room', () => {
  const seq = Number.MAX_SAFE_INTEGER
  const peer = newPeer()
  const data = new RawJson(Buffer.alloc(MAX_FRAME, '0'))
  assert.is(encode({ type: 'signal', from: peer, data }, seq).length, MAX_FRAME + 74)
  const now = 9_999_999_999_999
  const longest: LobbyPeer = { peer, name: '\u{1D49C}'.repeat(64), state: 'admitted', present: false, since: now }
  const lobby = (guests: number) =>
    encode({ type: 'lobby', now, peers: Array<LobbyPeer>(guests).fill(longest), staff: 4 }, seq).length
  assert.equal([lobby(2) - lobby(1), lobby(1008)], [351, 353_887])
  assert.ok(lobby(1008) <= MAX_SERVER_FRAME)
})

test('data is handed on unread: deep, long and strange JSON passes as it came or is refused, and nobody dies of it (R54)', async ({
  server,
}) => {
  const { host, guest, guestPeer } = await server.consultation()
  const texts: string[] = []
  guest.socket.on('message', (data) => texts.push(String(data)))
  const signal = (data: string) => `{"type":"signal","to":"${guestPeer}","data":${data}}`
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  for (const data of [
    nested(63),
    '{"a":"[[\\"[[{{[["}',
    `"${'['.repeat(70)}"`,
    `[${'[],'.repeat(99)}{}]`,
    '[1e400, 12345678901234567890, 1.0]',
    '"\\ud800"',
    `[${'1e20,'.repeat(12_000)}1]`,
  ]) {
    host.socket.send(signal(data))
    await host.settle()
    await guest.settle()
    assert.ok(texts.at(-1)?.includes(`"data":${data},"seq"`), data.slice(0, 40))
  }
  // In another order of fields they are read and written anew.
  const other = (data: string) => `{"data":${data},"type":"signal","to":"${guestPeer}"}`
  for (const data of [nested(64), nested(32_000), `["[",${nested(63)}]`, `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`]) {
    for (const frame of [signal(data), other(data)]) {
      assert.is((await host.refused(frame)).message, 'The frame is nested more than 64 deep.')
    }
  }
  assert.is((await host.refused(other(`[${'1e20,'.repeat(12_000)}1]`))).code, 'bad_message')
  for (const data of ['1,"x":2', '1}', '', '{]', '1,"seq":9']) {
    assert.ok(['bad_frame', 'bad_message'].includes((await host.refused(signal(data))).code), data)
  }
  host.socket.send(other('{"small":1}'))
  await host.settle()
  await guest.settle()
  assert.ok(texts.at(-1)?.includes('"data":{"small":1},"seq"'))
})

test('text that is no UTF-8 costs its own connection and nothing else (R54)', async ({ server }) => {
  const { host, guest } = await server.consultation()
  guest.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })
  assert.is((await guest.closed).code, 1007)
  assert.is((await host.next('peer-away')).type, 'peer-away')
})

test('a frame whose id was processed before is ignored', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  const say = (id: number, data: string) => host.send({ type: 'signal', to: guestPeer, data, id })
  say(1, 'one')
  say(1, 'one again')
  say(5, 'five')
  say(4, 'late')
  await host.settle()
  assert.equal(
    (await guest.rest()).map((frame) => frame.type === 'signal' && frame.data),
    ['one', 'five'],
  )
})

test('names are trimmed, made NFC and checked before anybody hears of them (R2)', async ({ server }) => {
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  await host.rest()
  const bad: [string | undefined, string][] = [
    [undefined, 'name_required'],
    ['', 'name_required'],
    [' \u00a0 ', 'name_required'],
    ['x'.repeat(65), 'name_invalid'],
    ['An\u0000na', 'name_invalid'],
    ['An\nna', 'name_invalid'],
    ['An\u202Ena', 'name_invalid'],
    ['An\u2066na', 'name_invalid'],
    ['\uD800', 'name_invalid'],
    ['a\u0301\u0301\u0301\u0301'.repeat(52), 'name_invalid'],
    // What shows nothing: joiners, fillers of Hangul, an empty cell of Braille, tags, selectors, accents, music.
    ...[
      '\u200B\u200D',
      '\u3164',
      '\u115F\u1160',
      '\uFFA0',
      '\u2800 \u2800',
      '\u{E0041}\u{E0042}',
      '\uFE0F',
      '\u{E0100}',
    ]
      .concat(['\u00AD', '\u034F', '\u17B4', '\u180E', '\u2060\u2064', '\u061C', '\u0301', '\u{1D159}', '\u{1D173}'])
      .map((name): [string, string] => [name, 'name_invalid']),
  ]
  for (const [name, code] of bad) {
    const guest = await server.connect()
    guest.send({ type: 'join', code: codes[1]?.code ?? '', ...(name !== undefined && { name }) })
    assert.is((await guest.next('error')).code, code, JSON.stringify(name))
    assert.is((await guest.closed).code, 4506)
  }
  assert.equal(await host.rest(), [])
  for (const [given, name] of [
    ['Zoe\u0308', 'Zoë'],
    [' 李 小龍 ', '李 小龍'],
    ["Sinéad O'Connor-Müller", "Sinéad O'Connor-Müller"],
    ['<b>x</b>', '<b>x</b>'],
    ['😀'.repeat(64), '😀'.repeat(64)],
    ['مريم', 'مريم'],
    // Joiners within Persian and Malayalam, and the selector of a Japanese letter, belong to the name.
    ['می\u200Cترا', 'می\u200Cترا'],
    ['നന്\u200Dദ', 'നന്\u200Dദ'],
    ['葛\u{E0100}西', '葛\u{E0100}西'],
    ['👩\u200D⚕\uFE0F', '👩\u200D⚕\uFE0F'],
    ['An\u00ADna\u3164 \u200BB\u{E0041}', 'Anna B'],
    ['⠁⠝⠝⠁', '⠁⠝⠝⠁'],
  ] as const) {
    await server.join(codes[1]?.code ?? '', given)
    assert.is((await host.next('knock')).name, name)
  }
})

test('each kind of bad code is refused with its own word, and closes with 4506', async ({ server }) => {
  const minted = await server.mint({ roles: ['guest', 'guest', 'guest'], expiresAt: server.clock.now + 3_600_000 })
  const [good, revoked] = minted.codes
  await server.request(`/v1/codes/${revoked?.id}`, { method: 'DELETE' })
  const early = await server.mint({ notBefore: server.clock.now + 1000, expiresAt: server.clock.now + 90_000_000 })
  const refusal = async (code: string) => {
    const client = await server.connect()
    client.send({ type: 'join', code, name: 'Anna', id: 3 })
    const error = await client.next('error')
    assert.is((await client.closed).code, 4506)
    assert.is(error.re, 3)
    return error
  }
  const swapped = (good?.code ?? '').replace(/^(.)(.)/, (_, a, b) => (a === b ? `${a}${a === '0' ? '1' : '0'}` : b + a))
  assert.is((await refusal(swapped)).code, 'code_malformed')
  assert.is((await refusal('')).code, 'code_malformed')
  assert.is((await refusal('K7M-4XQ-9TP')).code, 'code_unknown')
  assert.is((await refusal(revoked?.code ?? '')).code, 'code_revoked')
  const tooEarly = await refusal(early.codes[0]?.code ?? '')
  assert.is(tooEarly.code, 'code_too_early')
  assert.is(tooEarly.notBefore, server.clock.now + 1000)
  server.clock.now += 3_600_000
  assert.is((await refusal(good?.code ?? '')).code, 'code_expired')
})

test('host codes and guest codes each lead to their own role in their own room (R4, R9)', async ({ server }) => {
  const one = await server.mint()
  const two = await server.mint()
  const hostOne = await server.join(one.codes[0]?.code ?? '')
  await server.join(two.codes[0]?.code ?? '')
  await server.join(two.codes[1]?.code ?? '', 'Bert')
  const forged = await server.join(one.codes[1]?.code ?? '', 'Anna')
  const { peer } = await hostOne.next('knock')
  assert.equal(
    (await hostOne.rest()).map((frame) => frame.type),
    [],
    'nothing of room two',
  )
  hostOne.send({ type: 'admit', peer })
  await forged.next('admitted')
  const stranger = (await server.request(`/v1/rooms/${two.room}`).then((r) => r.json())) as { waiting: number }
  assert.is(stranger.waiting, 1)
  for (const frame of ['{"type":"signal","to":"other-room","data":1}', '{"type":"signal","to":"","data":1}']) {
    assert.ok(['no_such_peer', 'bad_message'].includes((await forged.refused(frame)).code))
  }
  assert.is((await forged.refused(JSON.stringify({ type: 'join', code: two.codes[0]?.code }))).code, 'already_joined')
  assert.is((await forged.refused('{"type":"join","code":"x","role":"host"}')).code, 'bad_message')
})

test('a waiting guest is sent nothing of another, whatever happens to that one (R5)', async ({ server }) => {
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const [hostCode, annaCode, bertCode] = codes.map((code) => code.code)
  const host = await server.join(hostCode ?? '')
  const bert = await server.join(bertCode ?? '', 'Bert')
  await bert.rest()
  const anna = await server.join(annaCode ?? '', 'Anna')
  const knock = await host.next('knock')
  const { peer } = knock.name === 'Anna' ? knock : await host.next('knock')
  host.send({ type: 'admit', peer })
  const { peers } = await anna.next('admitted')
  anna.send({ type: 'signal', to: peers[0]?.peer ?? '', data: 'secret' })
  await host.next('signal')
  host.send({ type: 'hold', peer })
  await anna.next('held')
  host.send({ type: 'deny', peer, reason: 'only for Anna' })
  await anna.closed
  await host.settle()
  assert.equal(await bert.rest(), [])
})

test('a peer that does not answer pings is away within 35 seconds, and one that does is not (R21)', async ({
  server,
}) => {
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  const deaf = await server.connect({ autoPong: false })
  deaf.send({ type: 'join', code: codes[1]?.code ?? '', name: 'Anna' })
  const { peer } = await host.next('knock')
  await server.pass(10)
  assert.equal(await host.rest(), [])
  await server.pass(25)
  assert.equal(await host.next('peer-away'), { type: 'peer-away', peer, seq: 4 })
})

test('a revoked code closes its seat with 4505, wherever it is (REST)', async ({ server }) => {
  const { codes, guest, host } = await server.consultation()
  assert.is((await server.request(`/v1/codes/${codes[1]?.id}`, { method: 'DELETE' })).status, 204)
  assert.is((await guest.closed).code, 4505)
  assert.is((await host.next('peer-left')).reason, 'revoked')
})

test('a code that expires while its guest waits or talks throws nobody out (R26)', async ({ server }) => {
  const { host, guest, guestPeer } = await server.consultation()
  server.clock.now += 25 * 3_600_000
  host.send({ type: 'signal', to: guestPeer, data: 'still here' })
  assert.is((await guest.next('signal')).data, 'still here')
})

test.run()
