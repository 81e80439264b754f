/** TURN credentials: what they are, who gets them when, and what they never say (R41, R43). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filesIn } from '../scripts/support/files.ts'
import { readConfig } from '../src/config/config.ts'
import type { Ice, ServerFrame } from '../src/protocol/messages.ts'
import { iceFor } from '../src/signaling/ice.ts'
import { startServer } from './server-support.ts'

const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'
const TURN = { WZ_TURN_URLS: 'turn:t.example,turns:t.example:443', WZ_TURN_SECRET: SECRET, WZ_TURN_TTL_SECONDS: '60' }
const NOW = 1_800_000_000_000

const given = (frames: readonly ServerFrame[]): Ice[] =>
  frames.flatMap((frame) => (frame.type === 'ice' ? [frame] : frame.type === 'admitted' ? [frame.ice] : []))
const usernames = (frames: readonly ServerFrame[]) => given(frames).map(({ servers }) => servers.at(-1)?.username ?? '')
const expiry = (username = '') => Number(username.split(':')[0]) * 1000

test('R41: by default there are no ICE servers at all', () => {
  assert.equal(iceFor(readConfig({}), 'peer', NOW), { servers: [], policy: 'all' })
})

test("R43: a credential is coturn's: base64(HMAC-SHA1(secret, expiry:user)), as openssl computes it", () => {
  const { servers, policy } = iceFor(readConfig({ ...TURN, WZ_STUN_URLS: 'stun:s.example' }), 'pEeR', NOW)
  assert.is(policy, 'all')
  assert.equal(servers, [
    { urls: ['stun:s.example'] },
    {
      urls: ['turn:t.example', 'turns:t.example:443'],
      // printf pEeR | openssl dgst -sha256 -hmac $SECRET -binary | basenc --base64url | cut -c -16
      username: '1800000060:tDufnPaOJ451x8Ep',
      // printf 1800000060:tDufnPaOJ451x8Ep | openssl dgst -sha1 -hmac $SECRET -binary | base64
      credential: 'SH7BCNDSsZhrw4rCj+WTvB5H5AU=',
    },
  ])
})

test('R43: the user name is one for each seat, and does not lead to it', () => {
  const user = (peer: string, now: number, secret = SECRET) =>
    iceFor(readConfig({ ...TURN, WZ_TURN_SECRET: secret }), peer, now).servers[0]?.username?.split(':')[1]
  assert.is(user('anna', NOW + 30_000), user('anna', NOW), 'so that a TURN server can count')
  assert.is.not(user('bert', NOW), user('anna', NOW))
  assert.is.not(user('anna', NOW, `${SECRET}x`), user('anna', NOW), 'nobody finds it from the id alone')
})

test('R43: credentials come with admission and not before, nor after; names, ids and the secret are not in them', async () => {
  const server = await startServer({ ...TURN, WZ_ICE_POLICY: 'relay' })
  const { codes } = await server.mint()
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  const host = await server.join(codes[0]?.code ?? '')
  const [waiting] = (await host.next('lobby')).peers
  const peer = waiting?.peer ?? ''
  await server.pass(90)
  assert.not.match(JSON.stringify(guest.frames), /turn|ice"|servers/, 'nothing while it waits')
  host.send({ type: 'admit', peer })
  const { ice, peers } = await guest.next('admitted')
  assert.is(ice.policy, 'relay')
  assert.is(expiry(ice.servers[0]?.username), server.clock.now + 60_000)
  host.send({ type: 'hold', peer })
  await guest.next('held')
  await server.pass(90)
  assert.is(given(guest.frames).length, 1, 'nothing once it waits again')

  const everything = JSON.stringify([...guest.frames, ...host.frames, server.logged])
  assert.not.match(everything, SECRET)
  for (const name of [...usernames(guest.frames), ...usernames(host.frames)]) {
    assert.match(name, /^\d{10}:[\w-]{16}$/)
    for (const known of [peer, peers[0]?.peer ?? '', 'Anna', ...codes.map(({ id }) => id)])
      assert.not.match(name, known)
  }
  for (const { name, content } of filesIn(server.dataDir))
    assert.not.ok(content.includes(SECRET), `the secret is in ${name}`)
})

test('R43: whoever is admitted holds credentials that are good for half their time at least, also while away', async () => {
  const server = await startServer(TURN)
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  // Neither comes at a moment when credentials are due anyway.
  await server.pass(17)
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  host.send({ type: 'admit', peer: (await host.next('knock')).peer })
  await guest.next('admitted')
  await host.next('peer-joined')
  for (let second = 0; second < 150; second++) {
    for (const { frames } of [host, guest]) {
      const left = expiry(usernames(frames).at(-1)) - server.clock.now
      assert.ok(left >= 30_000, `${left} ms at second ${second}`)
    }
    await server.pass(1)
    for (const client of [host, guest]) await client.settle()
  }
  guest.drop()
  await host.next('peer-away')
  await server.pass(95)
  const again = await server.resume(guest)
  assert.is((await again.next('resumed')).lossless, true)
  assert.ok(expiry(usernames(await again.rest()).at(-1)) - server.clock.now >= 30_000)
})

test.run()
