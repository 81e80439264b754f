/**
 * The doctor with a real haproxy and a real coturn, as they are documented and with one thing wrong at a time. Runs as
 * root in a network namespace with nothing but loopback.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Server, spawnServer } from '../../scripts/support/server.ts'
import { shakeHands } from '../../src/commands/doctor/certificate.ts'
import { openLine, parseUrl } from '../../src/commands/doctor/line.ts'
import { until } from '../browser/watching.ts'
import { startCoturn, TLS, UDP } from './coturn.ts'
import { openInternet, SERVERS } from './internet.ts'
import { DOMAIN, PROXIES, type RunningProxy, startProxy } from './proxy.ts'

const run = promisify(execFile)
const DOCTOR = fileURLToPath(new URL('../../dist/doctor.js', import.meta.url))
const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'
const TCP = `turn:${SERVERS}:3478?transport=tcp`
const ENV = { WZ_PORT: '8080', WZ_PUBLIC_URL: `https://${DOMAIN}`, WZ_TRUSTED_PROXIES: '127.0.0.1' }

const { folder } = await openInternet()
writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost ${DOMAIN}\n`)

/** Runs it on the server's machine, where the name is known. @returns what it says is wrong */
async function wrongWith(server: Server, env: Record<string, string>, ca?: string): Promise<string[]> {
  writeFileSync(join(folder, 'ca'), ca ?? '')
  const own = {
    WZ_DATA_DIR: server.dataDir,
    WZ_ADMIN_TOKENS: `admin:${server.token}`,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca'),
  }
  const within = `mount --bind ${folder}/hosts /etc/hosts && exec ${process.execPath} ${DOCTOR}`
  const options = { env: { PATH: process.env.PATH, ...own, ...env } }
  const { stdout, code } = await run('unshare', ['--mount', 'sh', '-c', within], options).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (fault) => fault as { stdout: string; code: number },
  )
  const wrong = stdout.split('\n').filter((line) => line.startsWith('wrong') && !line.includes('timedatectl'))
  assert.is(code, stdout.includes('wrong') ? 1 : 0, stdout)
  assert.not.match(stdout, SECRET)
  return wrong
}

/** The certificates of these tests are good for two days. */
const besidesDays = (lines: string[]) => lines.filter((line) => !/: 1 days left: renew it/.test(line))

/** What the doctor says where this is changed in the proxy's configuration, or in the server's. */
async function behind(changes: [string, string][], env: Record<string, string> = ENV, after = async (_: Server) => {}) {
  const server = await spawnServer({ env })
  const proxy: RunningProxy = await startProxy(PROXIES.haproxy as (typeof PROXIES)[string], ...changes)
  try {
    await after(server)
    return await wrongWith(server, env, proxy.ca)
  } finally {
    await proxy.stop()
    await server.stop()
  }
}

test('R93: behind a proxy as it is documented, only the certificate that has a day left is wrong', async () => {
  const wrong = await behind([])
  assert.is(wrong.length, 1, wrong.join('\n'))
  assert.match(wrong[0] ?? '', `certificate of ${DOMAIN}:443: 1 days left: renew it`)
})

const RULE = '\thttp-request set-header '
for (const [fault, change, said] of [
  [
    'does not say who asks',
    [`${RULE}X-Forwarded-For %[src]`, ''],
    /^wrong {2}public address: The proxy does not say who asks/,
  ],
  ['hands on what clients claim', [`${RULE}X-Forwarded-Proto https`, ''], /The proxy hands on what clients claim/],
  [
    'says that it speaks HTTP',
    ['X-Forwarded-Proto https', 'X-Forwarded-Proto http'],
    /says of itself that it speaks HTTP/,
  ],
  ['lets no WebSocket through', [RULE, `\thttp-request del-header Upgrade\n${RULE}`], /WebSockets do not come through/],
  [
    'serves pages on port 80',
    ['http-request redirect prefix https://video.praxis.example code 301', 'default_backend wartezimmer'],
    /Port 80 answers with HTTP 200: it must lead to https/,
  ],
  ['leads to nobody', ['127.0.0.1:8080', '127.0.0.1:8081'], /The proxy finds no server \(HTTP 503\)/],
] as [string, [string, string], RegExp][]) {
  test(`R93: it finds a proxy that ${fault}`, async () => {
    const wrong = besidesDays(await behind([change]))
    assert.is(wrong.length, 1, wrong.join('\n'))
    assert.match(wrong[0] ?? '', said)
  })
}

test('R93: it finds a proxy that the server does not trust', async () => {
  const wrong = besidesDays(await behind([], { WZ_PORT: '8080', WZ_PUBLIC_URL: ENV.WZ_PUBLIC_URL }))
  assert.is(wrong.length, 1, wrong.join('\n'))
  assert.match(wrong[0] ?? '', /The proxy is not trusted/)
})

test('R93: it gets a relay from coturn by UDP, TCP and TLS; says why where it gets none, and where it leads inside', async () => {
  const server = await spawnServer()
  const env = { WZ_PORT: String(server.port), WZ_PUBLIC_URL: server.url, WZ_TURN_SECRET: SECRET }
  const asked = { ...env, WZ_TURN_URLS: [UDP, TCP, TLS].join(), WZ_STUN_URLS: `stun:${SERVERS}:3478` }
  try {
    const coturn = await startCoturn(folder, SECRET)
    const wrong = await wrongWith(server, asked)
    assert.is(wrong.length, 1, wrong.join('\n'))
    assert.match(wrong[0] ?? '', /^wrong {2}certificate of 192\.0\.2\.1:443: Browsers refuse it/)
    const other = SECRET.split('').reverse().join('')
    const refused = await wrongWith(server, { ...env, WZ_TURN_URLS: `${UDP},${TCP}`, WZ_TURN_SECRET: other })
    assert.is(refused.length, 2, refused.join('\n'))
    for (const line of refused) assert.match(line, /refuses the credentials \(error 401\)/)
    await coturn.stop()
    const gone = await wrongWith(server, { ...env, WZ_TURN_URLS: `${UDP},${TCP}` })
    assert.is(gone.length, 2, gone.join('\n'))
    for (const line of gone) assert.match(line, /It cannot be reached/)
    const open = await startCoturn(folder, SECRET, /^denied-peer-ip/)
    const inside = await wrongWith(server, { ...env, WZ_TURN_URLS: UDP })
    await open.stop()
    assert.is(inside.length, 1, inside.join('\n'))
    assert.match(inside[0] ?? '', /It relays to 169\.254\.169\.254/)
  } finally {
    await server.stop()
  }
})

test('coturn takes a renewed certificate without a restart, as the page about it says, and keeps the connections it has', async () => {
  const coturn = await startCoturn(folder, SECRET)
  const line = await openLine(parseUrl(TLS))
  const shown = async () => {
    const socket = await shakeHands(SERVERS, 443)
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const before = await shown()
  try {
    coturn.renew()
    await until(shown, (now) => now !== before)
    assert.ok((await line.ask('binding', {})).good)
  } finally {
    line.close()
    await coturn.stop()
  }
})

test.run()
