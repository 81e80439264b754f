/**
 * Nothing about people leaves memory (R30, R31, R32): a whole consultation at log level trace, with errors,
 * malformed frames, a crash and a restart, in which everything that people bring is a marker. Then every line
 * that was logged, and every byte of every file, is searched for them.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { filesIn } from '../scripts/support/files.ts'
import { type Context, processes, start } from './process-support.ts'
import { Client, TOKEN } from './server-support.ts'

const NAME = 'Canaria Kanarienvogel'
const SDP = 'v=0 o=canary-sdp'
const CANDIDATE = 'candidate:canary 1 udp 203.0.113.77'
const NOTICE = 'canary-notice: noch fünf Minuten'
const REASON = 'canary-reason: bitte später'
const FORWARDED = '203.0.113.99'
const ADDRESS = '127.0.0.77'
/** May be on disk, pseudonymous as it is, until the session and the code are erased. In no log, though. */
const REFERENCE = 'canar-ref-4711'
const ROOM = 'canar-room'

const test = processes('silence')

let output = ''
let port = 0
let server: ReturnType<typeof start>

async function begin(context: Context): Promise<void> {
  const own = { WZ_PORT: String(port), WZ_ADMIN_TOKENS: `test:${TOKEN}`, WZ_TRUSTED_PROXIES: '127.0.0.1' }
  server = start(context, { ...own, WZ_LOG_LEVEL: 'trace' })
  port = await server.listening
}

async function end(signal: NodeJS.Signals): Promise<void> {
  server.child.kill(signal)
  const { stdout, stderr } = await server.exit
  output += stdout + stderr
}
const headers = { 'x-forwarded-for': FORWARDED, 'x-forwarded-proto': 'https' }
const rest = (path: string, method = 'GET', body?: string, token = TOKEN) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body }),
  })

async function connect(options = {}): Promise<Client> {
  const client = new Client(`http://127.0.0.1:${port}`, { headers, ...options })
  await client.opened
  return client
}

test('R30, R31, R32: after a whole story at level trace, no marker is in any log line or any byte of the data folder', async (context) => {
  const files = () => filesIn(join(context.folder, 'data'))
  await begin(context)
  const minted = await rest(
    '/v1/codes',
    'POST',
    `{"roles":["host","guest"],"room":"${ROOM}","reference":"${REFERENCE}"}`,
  )
  const { codes } = (await minted.json()) as { codes: { id: string; code: string }[] }
  const [hostCode = '', guestCode = ''] = codes.map(({ code }) => code)

  const host = await connect()
  for (const frame of [
    `{"type":"join","name":"${NAME}"`,
    `["${NAME}"]`,
    Buffer.from(NAME),
    `{"type":"join","code":"${guestCode}","name":"${NAME}","x":1}`,
    `{"type":"${NAME}"}`,
  ]) {
    const stranger = await connect({ localAddress: ADDRESS })
    await stranger.refused(frame)
    stranger.drop()
  }
  const guest = await connect({ localAddress: ADDRESS })
  host.send({ type: 'join', code: hostCode })
  const { resume: hostToken, epoch: hostEpoch } = await host.next('joined')
  guest.send({ type: 'join', code: guestCode, name: NAME })
  const { peer, epoch, resume: guestToken } = await guest.next('joined')
  host.send({ type: 'notice', text: NOTICE })
  await guest.next('notice')
  host.send({ type: 'admit', peer })
  await guest.next('admitted')
  host.send({ type: 'signal', to: peer, data: { sdp: SDP } })
  host.send({ type: 'signal', to: peer, data: { candidate: CANDIDATE } })
  host.send({ type: 'signal', to: NAME, data: {} })
  await guest.next('signal')
  guest.drop()
  await host.next('peer-away')
  // Kept for the guest who is away, and then for good.
  host.send({ type: 'signal', to: peer, data: { sdp: SDP } })
  const again = await connect()
  again.send({ type: 'resume', token: guestToken.token, epoch, seq: 2, name: NAME })
  await again.next('resumed')
  const thief = await connect()
  await thief.refused(JSON.stringify({ type: 'resume', token: `${guestToken.token}x`, epoch, seq: 2, name: NAME }))

  const beforeCrash = files()
  await end('SIGKILL')
  const afterCrash = files()
  await begin(context)

  const hostBack = await connect()
  hostBack.send({ type: 'resume', token: hostToken.token, epoch: hostEpoch, seq: 1 })
  await hostBack.next('resumed')
  const guestBack = await connect()
  guestBack.send({ type: 'resume', token: guestToken.token, epoch, seq: 2, name: NAME })
  await guestBack.next('resumed')
  await hostBack.next('peer-back')
  for (const [path, method, body] of [
    [`/v1/codes?x=${encodeURIComponent(NAME)}`],
    [`/${guestCode}`],
    [`/v1/codes/${guestCode}`],
    [`/v1/rooms/${encodeURIComponent(NAME)}`],
    ['/v1/codes', 'POST', `{"reference":"${NAME}`],
    ['/v1/codes', 'POST', `{"name":"${NAME}"}`],
    [`/v1/signal?code=${guestCode}`],
    [`/docs/${guestCode}`],
    ['/v1/sessions'],
    ['/v1/audit'],
    ['/v1/deletions'],
    ['/metrics'],
  ] as const) {
    await rest(path, method, body)
  }
  await rest('/v1/codes', 'GET', undefined, `canary-token-${guestCode}`)
  hostBack.send({ type: 'deny', peer, reason: REASON })
  await guestBack.closed
  hostBack.send({ type: 'leave' })
  await hostBack.closed
  const whileRunning = files()

  const symbols = [hostCode, guestCode].map((code) => code.replaceAll('-', ''))
  const tokens = [hostToken, guestToken].map(({ token }) => token)
  const secrets = [...symbols, ...tokens, ...tokens.map((token) => token.split('.')[1] ?? '')]
  const said = [NAME, NAME.split(' ')[0] ?? '', 'canary', FORWARDED, ADDRESS, '203.0.113.77', TOKEN]
  const nowhere = [...said, ...secrets, hostCode, guestCode]
  const hashed = secrets.flatMap((secret) => {
    const digest = createHash('sha256').update(secret).digest()
    return [digest, ...(['hex', 'base64', 'base64url'] as const).map((form) => digest.toString(form))]
  })
  const holds = (all: ReturnType<typeof filesIn>, marker: string | Buffer) =>
    all.filter(({ content }) => content.includes(marker)).map(({ name }) => `${name}: ${marker}`)
  for (const moment of [beforeCrash, afterCrash, whileRunning]) {
    assert.ok(holds(moment, REFERENCE).length > 0, 'the search finds what is there')
    for (const marker of [...nowhere, ...hashed]) assert.equal(holds(moment, marker), [])
  }

  // Erased, also nothing of the rows is left: while the process runs, and after it has ended.
  const { sessions } = (await (await rest('/v1/sessions')).json()) as { sessions: { id: string }[] }
  assert.is(sessions.length, 1)
  assert.is((await rest(`/v1/sessions/${sessions[0]?.id}`, 'DELETE')).status, 204)
  for (const { id } of codes) assert.is((await rest(`/v1/codes/${id}?erase=true`, 'DELETE')).status, 204)
  const erased = files()
  await end('SIGTERM')
  for (const moment of [erased, files()]) {
    for (const marker of [...nowhere, ...hashed, REFERENCE, ROOM]) assert.equal(holds(moment, marker), [])
  }
  for (const marker of [...nowhere, REFERENCE, ROOM]) {
    assert.not.ok(output.includes(marker), `the log holds ${marker}`)
  }
  assert.ok(output.split('\n').length > 20, 'there was something to search')
})

test.run()
