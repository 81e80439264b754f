/** A new secret of the TURN server is taken on SIGHUP, and nobody is cut. The compiled server. */
import { createHmac } from 'node:crypto'
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { hangUp, processes, start } from './process-support.ts'
import { joinAt } from './server-support.ts'

const [OLD, NEW] = ['Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF', 'kQ8w2pZr4u7xLm3vBn9cTg5yHs6jEaFd']
const test = processes('secret')

const isSignedWith = (secret: string, { username = '', credential }: { username?: string; credential?: string } = {}) =>
  createHmac('sha1', secret).update(username).digest('base64') === credential

test('R93: whoever is admitted after SIGHUP gets credentials by the new secret; a bad file changes nothing; nobody is cut', async (context) => {
  const file = join(context.folder, 'turn')
  writeFileSync(file, OLD, { mode: 0o600 })
  const env = { WZ_TURN_URLS: 'turn:t.example', WZ_TURN_SECRET_FILE: file }
  const server = start(context, env)
  const url = `http://127.0.0.1:${await server.listening}`
  /** A host admits a guest. @returns the guest, and what it may reach the TURN server with */
  const admitted = async () => {
    const [one, other] = await server.mint({ roles: ['host', 'guest'] })
    const host = await joinAt(url, one?.code ?? '')
    const guest = await joinAt(url, other?.code ?? '', 'Anna')
    host.send({ type: 'admit', peer: (await host.next('knock')).peer })
    return { guest, given: (await guest.next('admitted')).ice.servers.at(-1) }
  }
  const first = await admitted()
  assert.ok(isSignedWith(OLD, first.given))

  writeFileSync(file, 'too short')
  assert.is((await hangUp(server, 'failed')).where, 'turn_secret')
  writeFileSync(file, NEW)
  assert.ok(isSignedWith(OLD, (await admitted()).given), 'not before it is told to')
  await hangUp(server, 'turn_secret_read')
  assert.ok(isSignedWith(NEW, (await admitted()).given))
  rmSync(file)
  symlinkSync('turn', file)
  server.child.kill('SIGHUP')
  await first.guest.settle()
  rmSync(file)
  writeFileSync(file, OLD)
  chmodSync(file, 0o644)
  server.child.kill('SIGHUP')
  await first.guest.settle()
  assert.ok(isSignedWith(NEW, (await admitted()).given))
  assert.is(first.guest.socket.readyState, 1)
  const { code, stdout } = await server.stop()
  assert.is(code, 0)
  assert.not.match(stdout, new RegExp(`${OLD}|${NEW}`))
})

test.run()
