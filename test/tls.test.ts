/** HTTPS in the process itself: certificate, versions, renewal, and the health check that must cope with it. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect as connectPlainly } from 'node:net'
import { join } from 'node:path'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { StartupError } from '../src/config/startup-error.ts'
import { renewCertificate } from '../src/http/tls.ts'
import { tempFolder } from './record-support.ts'
import { startServer } from './server-support.ts'
import { FIRST, SECOND } from './tls-support.ts'

const run = promisify(execFile)
const folder = tempFolder()
const env = { WZ_TLS_CERT_FILE: join(folder, 'cert.pem'), WZ_TLS_KEY_FILE: join(folder, 'key.pem') }

function put({ cert, key }: typeof FIRST): void {
  writeFileSync(env.WZ_TLS_CERT_FILE, cert)
  writeFileSync(env.WZ_TLS_KEY_FILE, key, { mode: 0o600 })
}

/** Shakes hands. @returns the protocol, the cipher and the certificate, or the error's code */
async function handshake(port: number, options: object = {}): Promise<[string, string, string] | string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate() as DetailedPeerCertificate
    return [socket.getProtocol() ?? '', socket.getCipher().name, fingerprint256]
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    socket.destroy()
  }
}

test('with a certificate the server speaks HTTPS and WSS, and nothing else', async () => {
  put(FIRST)
  const server = await startServer(env)
  const request = get({ port: server.port, path: '/readyz', ca: FIRST.cert, host: 'localhost', agent: false })
  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }]
  response.resume()
  assert.is(response.statusCode, 200)
  const socket = new WebSocket(`wss://localhost:${server.port}/v1/signal`, 'wartezimmer.v1', { ca: FIRST.cert })
  await once(socket, 'open')
  socket.send('{"type":"join","code":"K7M-4XQ-9TP","name":"Anna"}')
  const [data] = await once(socket, 'message')
  assert.is(JSON.parse(String(data)).code, 'code_unknown')
  let plain = true
  await fetch(`http://127.0.0.1:${server.port}/readyz`).catch(() => {
    plain = false
  })
  assert.not.ok(plain, 'no plain HTTP on the same port')
})

test('only TLS 1.2 with forward secrecy and GCM, and 1.3, are spoken', async () => {
  put(FIRST)
  const server = await startServer(env)
  const version = async (maxVersion: string, ciphers?: string) => {
    const result = await handshake(server.port, { minVersion: maxVersion, maxVersion, ...(ciphers && { ciphers }) })
    return typeof result === 'string' ? 'refused' : result.slice(0, 2)
  }
  assert.equal(await version('TLSv1.3'), ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'])
  assert.equal(await version('TLSv1.2'), ['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'])
  assert.is(await version('TLSv1.1', 'ALL:@SECLEVEL=0'), 'refused')
  assert.is(await version('TLSv1.2', 'ECDHE-ECDSA-AES128-SHA256'), 'refused', 'no CBC')
  assert.is(await version('TLSv1.2', 'AES128-GCM-SHA256'), 'refused', 'no RSA key exchange')
})

test('a renewed certificate holds for new connections; one that cannot be read leaves the old one', async () => {
  put(FIRST)
  const server = await startServer(env)
  const fingerprint = async () => (await handshake(server.port))[2]
  const first = await fingerprint()
  put(SECOND)
  assert.is(await fingerprint(), first)
  renewCertificate(server.app.server, server.config)
  const second = await fingerprint()
  assert.is.not(second, first)
  put({ ...FIRST, key: 'no key' })
  assert.throws(() => renewCertificate(server.app.server, server.config))
  assert.is(await fingerprint(), second)
})

test('R25: a stop does not wait for those who shake no hands', async () => {
  put(FIRST)
  // Whoever waited for them would wait until the runner's deadline.
  const server = await startServer({ ...env, WZ_REQUEST_SECONDS: '300' })
  const socket = connectPlainly(server.port, '127.0.0.1').resume()
  await once(socket, 'connect')
  await handshake(server.port)
  await server.stop()
  socket.destroy()
})

test('a certificate that is not there stops the start with the name of its setting', async () => {
  put(FIRST)
  try {
    await startServer({ ...env, WZ_TLS_CERT_FILE: join(folder, 'nowhere.pem') })
    throw new Error('it started')
  } catch (fault) {
    assert.instance(fault, StartupError)
    assert.match((fault as Error).message, /^WZ_TLS_CERT_FILE.*ENOENT/)
  }
})

test('R59: the container asks for health over HTTPS, too, and notices when nobody answers', async () => {
  put(FIRST)
  const script = fileURLToPath(new URL('../dist/health.js', import.meta.url))
  const health = async (env: Record<string, string>) => {
    try {
      await run(process.execPath, [script], { env: { PATH: process.env.PATH, ...env } })
      return 0
    } catch (fault) {
      return (fault as { code: number }).code
    }
  }
  const secure = await startServer(env)
  const plain = await startServer()
  assert.is(await health({ ...env, WZ_PORT: String(secure.port) }), 0)
  assert.is(await health({ WZ_PORT: String(plain.port) }), 0)
  const faulty = { WZ_ADMINS_FILE: '/nowhere', WZ_CODE_KEY: 'short', WZ_TLS_KEY_FILE: '/nowhere', WZ_NOISE: '1' }
  assert.is(
    await health({ ...faulty, WZ_PORT: String(plain.port) }),
    0,
    'what the server would not take now does not make it ill',
  )
  const { port } = plain
  await plain.stop()
  assert.is(await health({ WZ_PORT: String(port) }), 1)
})

test.run()
