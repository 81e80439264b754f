/** A new secret of the TURN server is taken on SIGHUP, and nobody is cut. The compiled server. */
import { createHmac } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newFolder } from '../scripts/support/server.ts'
import { start } from './process-support.ts'
import { Client, TOKEN } from './server-support.ts'

const [OLD, NEW] = ['Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF', 'kQ8w2pZr4u7xLm3vBn9cTg5yHs6jEaFd']
const context = { folder: newFolder(), running: [] }
const file = join(context.folder, 'turn')

const isSignedWith = (secret: string, { username = '', credential }: { username?: string; credential?: string } = {}) =>
  createHmac('sha1', secret).update(username).digest('base64') === credential

test('R93: whoever is admitted after SIGHUP gets credentials by the new secret; a bad file changes nothing; nobody is cut', async () => {
  writeFileSync(file, OLD, { mode: 0o600 })
  const env = { WZ_TURN_URLS: 'turn:t.example', WZ_TURN_SECRET_FILE: file, WZ_ADMIN_TOKENS: `admin:${TOKEN}` }
  const server = start(context, env)
  const url = `http://127.0.0.1:${await server.listening}`
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const join = async (code: string, name?: string) => {
    const client = new Client(url)
    await client.opened
    client.send({ type: 'join', code, ...(name !== undefined && { name }) })
    await client.next('joined')
    return client
  }
  /** A host admits a guest. @returns the guest, and what it may reach the TURN server with */
  const admitted = async () => {
    const body = JSON.stringify({ roles: ['host', 'guest'] })
    const answer = await fetch(`${url}/v1/codes`, { method: 'POST', headers, body })
    const { codes } = (await answer.json()) as { codes: { code: string }[] }
    const host = await join(codes[0]?.code ?? '')
    const guest = await join(codes[1]?.code ?? '', 'Anna')
    host.send({ type: 'admit', peer: (await host.next('knock')).peer })
    return { guest, given: (await guest.next('admitted')).ice.servers.at(-1) }
  }
  /** Sends SIGHUP, and waits for the next line of the log that says this. */
  const hangUp = (event: string) =>
    new Promise<void>((resolve) => {
      server.child.stdout.on('data', (chunk) => String(chunk).includes(event) && resolve())
      server.child.kill('SIGHUP')
    })
  const first = await admitted()
  assert.ok(isSignedWith(OLD, first.given))

  writeFileSync(file, 'too short')
  await hangUp('"where":"turn_secret"')
  writeFileSync(file, NEW)
  assert.ok(isSignedWith(OLD, (await admitted()).given), 'not before it is told to')
  await hangUp('turn_secret_read')
  assert.ok(isSignedWith(NEW, (await admitted()).given))
  writeFileSync(file, OLD)
  chmodSync(file, 0o644)
  server.child.kill('SIGHUP')
  await first.guest.settle()
  assert.ok(isSignedWith(NEW, (await admitted()).given))
  assert.is(first.guest.socket.readyState, 1)
  server.child.kill('SIGTERM')
  const { code, stdout } = await server.exit
  assert.is(code, 0)
  assert.not.match(stdout, new RegExp(`${OLD}|${NEW}`))
})

test.run()
