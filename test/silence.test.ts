/** Nothing about people leaves memory: a whole story with markers, then logs and disk are searched (R30, R31, R32). */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Client, TOKEN } from './server-support.ts'

const NAME = 'Canaria Kanarienvogel'
const SDP = 'v=0 o=canary-sdp'
const CANDIDATE = 'candidate:canary 1 udp 203.0.113.77'
const NOTICE = 'canary-notice: noch fünf Minuten'
const REASON = 'canary-reason: bitte später'
const FORWARDED = '203.0.113.99'

test('after a whole story at level trace, markers are in no log line and in no byte of the data folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dist/main.js', import.meta.url))], {
    env: {
      WZ_PORT: '0',
      WZ_DATA_DIR: folder,
      WZ_ADMIN_TOKENS: `test:${TOKEN}`,
      WZ_LOG_LEVEL: 'trace',
      WZ_TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  let output = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (chunk) => (output += chunk))
    child.stdout.on('data', (chunk) => {
      output += chunk
      const line = output.split('\n').find((line) => line.includes('"listening"'))
      if (line) resolve(JSON.parse(line).port)
    })
    child.on('close', () => reject(new Error(output)))
  })
  const url = `http://127.0.0.1:${port}`
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    'x-forwarded-for': FORWARDED,
    'x-forwarded-proto': 'https',
  }
  const rest = (path: string, method = 'GET', body?: string) =>
    fetch(url + path, { method, headers, ...(body && { body }) })
  const minted = await rest('/v1/codes', 'POST', JSON.stringify({ roles: ['host', 'guest'] }))
  const { codes } = (await minted.json()) as { codes: { id: string; code: string }[] }
  const [hostCode = '', guestCode = ''] = codes.map(({ code }) => code)

  const connect = async () => {
    const client = new Client(url, { headers: { 'x-forwarded-for': FORWARDED, 'x-forwarded-proto': 'https' } })
    await client.opened
    return client
  }
  const host = await connect()
  const guest = await connect()
  for (const frame of [
    `{"type":"join","name":"${NAME}"`,
    `["${NAME}"]`,
    `{"type":"join","code":"${guestCode}","name":"${NAME}","x":1}`,
  ]) {
    await guest.refused(frame)
  }
  host.send({ type: 'join', code: hostCode })
  const { resume: hostToken } = await host.next('joined')
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
  const again = await connect()
  again.send({ type: 'resume', token: guestToken.token, epoch, seq: 2, name: NAME })
  await again.next('resumed')
  await rest(`/v1/codes?x=${encodeURIComponent(NAME)}`)
  await rest(`/${guestCode}`)
  await rest(`/v1/codes/${guestCode}`)
  await rest('/v1/codes', 'POST', `{"reference":"${NAME}`)
  await rest('/v1/codes', 'POST', `{"name":"${NAME}"}`)
  await fetch(`${url}/v1/codes`, { headers: { authorization: `Bearer canary-token-${guestCode}` } })
  await rest(`/v1/signal?code=${guestCode}`)
  host.send({ type: 'deny', peer, reason: REASON })
  await again.closed
  host.send({ type: 'end' })
  await host.settle()
  const files = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const)
  const whileRunning = files()
  child.removeAllListeners('close')
  const ended = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGTERM')
  assert.is(await ended, 0)

  const symbols = [hostCode, guestCode].map((code) => code.replaceAll('-', ''))
  const markers = [
    NAME,
    NAME.split(' ')[0] ?? '',
    'canary',
    hostCode,
    guestCode,
    ...symbols,
    hostToken.token,
    guestToken.token,
    TOKEN,
    FORWARDED,
  ]
  const secretsOfTokens = [hostToken.token, guestToken.token].map((token) => token.split('.')[1] ?? '')
  const unkeyed = symbols.flatMap((code) =>
    ['hex', 'base64', 'base64url'].map((form) =>
      createHash('sha256')
        .update(code)
        .digest(form as 'hex'),
    ),
  )
  for (const marker of [...markers, ...secretsOfTokens]) {
    assert.not.ok(output.includes(marker), `the log holds ${marker}`)
  }
  for (const [name, bytes] of [...whileRunning, ...files()]) {
    for (const marker of [...markers, ...secretsOfTokens, ...unkeyed])
      assert.not.ok(bytes.includes(marker), `${name} holds ${marker}`)
    for (const code of symbols)
      assert.not.ok(bytes.includes(createHash('sha256').update(code).digest()), `${name} holds a bare hash`)
  }
  assert.ok(output.split('\n').length > 5, 'there was something to search')
  rmSync(folder, { recursive: true })
})

test.run()
