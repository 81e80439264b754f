/** Machines with shards on them, and the haproxy of scripts/deploy/shards in front: each machine in a namespace of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { TOKEN } from '../../scripts/support/server.ts'
import { signItself } from './certificate.ts'

const DEPLOY = new URL('../../scripts/deploy/shards/', import.meta.url)
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const DOCTOR = fileURLToPath(new URL('../../dist/doctor.js', import.meta.url))
/** Where haproxy comes from, and software of the operator's. */
const PROXY = '192.0.2.1'

const ip = (words: string) => execFileSync('ip', words.split(' '))

assert.equal(Object.keys(networkInterfaces()), ['lo'], 'only in a namespace of its own: it makes and cuts networks')

export const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-shards-'))
const started: ChildProcess[] = []
const links = new Set<string>()
process.on('exit', () => {
  for (const name of links) ip(`link delete ${name}`)
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A certificate that has signed itself. @returns the names of its file and its key's, and both in one */
function certify(name: string, names: string) {
  const [cert, key, both] = [`${name}.pem`, `${name}.key`, `${name}.both`].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ]
  signItself(cert, key, name, names)
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 })
  return { cert, key, both }
}
const front = certify('front', 'DNS:*.praxen.example')
const inner = certify('inner', 'DNS:shards.internal')
export const ca = readFileSync(front.cert, 'utf8')

/** One request through haproxy, from the operator's network. */
export async function ask(host: string, path: string, body?: object, token = TOKEN) {
  const headers = { host, authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
  const options = { host: '127.0.0.1', localAddress: '127.0.1.1', servername: host, path, ca, headers, agent: false }
  const asked = request({ ...options, method: body ? 'POST' : 'GET' })
  asked.end(body && JSON.stringify(body))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

/** A server's folder, its port, the hostnames of its practices, and the file of its admins. */
export type Shard = { dataDir: string; port: number; names: [string, ...string[]]; admins?: string }

export type Machine = Awaited<ReturnType<typeof startMachine>>

/** A machine with an address, on which shards can be started. */
export async function startMachine(name: string, address: string) {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo ready && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  started.push(keeper)
  await once(keeper.stdout, 'data')
  for (const handle of [keeper, keeper.stdin as Socket, keeper.stdout as Socket]) handle.unref()
  const inside = ['--target', String(keeper.pid), '--net']
  ip(`link add ${name} type veth peer name eth0 netns ${keeper.pid}`)
  links.add(name)
  ip(`address add ${PROXY}/32 dev ${name}`)
  // An IPv6 address that comes a second later is a change of network, and Chromium drops what it is loading.
  ip(`link set ${name} addrgenmode none up`)
  for (const words of [
    `address add ${address}/32 dev eth0`,
    'link set lo up',
    'link set eth0 up',
    `route add ${PROXY} dev eth0`,
  ])
    execFileSync('nsenter', [...inside, 'ip', ...words.split(' ')])
  ip(`route add ${address} dev ${name}`)
  const processes: ChildProcess[] = []
  const settings = ({ dataDir, port, names: [name, ...others], admins }: Shard) => ({
    ...{ PATH: process.env.PATH, WZ_HOST: address, WZ_PORT: String(port), WZ_DATA_DIR: dataDir },
    ...(admins ? { WZ_ADMINS_FILE: admins } : { WZ_ADMIN_TOKENS: `admin:${TOKEN}` }),
    ...{ WZ_TRUSTED_PROXIES: PROXY },
    ...{ WZ_PUBLIC_URL: `https://${name}`, WZ_ALLOWED_ORIGINS: others.map((other) => `https://${other}`).join() },
    ...{ WZ_TLS_CERT_FILE: inner.cert, WZ_TLS_KEY_FILE: inner.key },
  })
  return {
    /** Runs the doctor there, where haproxy is known by the shard's name. @returns what it says is wrong */
    examine(shard: Shard): string[] {
      writeFileSync(join(folder, 'hosts'), `${PROXY} ${shard.names[0]}\n`)
      const env = { ...settings(shard), NODE_EXTRA_CA_CERTS: front.cert }
      const words = `mount --bind ${folder}/hosts /etc/hosts && exec ${process.execPath} ${DOCTOR}`
      const { stdout } = spawnSync('nsenter', [...inside, 'unshare', '--mount', 'sh', '-c', words], {
        env,
        encoding: 'utf8',
      })
      return stdout.split('\n').filter((line) => line.startsWith('wrong') && !line.includes('timedatectl'))
    },
    /** Starts a shard on its folder. @returns how it ends: what it complains of, once it has ended; and that it listens */
    start(shard: Shard) {
      const env = settings(shard)
      const child = spawn('nsenter', [...inside, process.execPath, MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      started.push(child)
      processes.push(child)
      let complaints = ''
      child.stderr.on('data', (chunk) => (complaints += chunk))
      const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, complaints }))
      const listening = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => String(chunk).includes('"listening"') && resolve())
      })
      return { listening, ended }
    },
    /** It is gone: what ran is killed, and nothing more comes from its address, not even a refusal. */
    async die(): Promise<void> {
      ip(`link delete ${name}`)
      links.delete(name)
      const running = processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      const gone = running.map((child) => once(child, 'exit'))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(gone)
      keeper.kill()
    },
  }
}

/** Starts haproxy with the files as they are, on this namespace's ports 80 and 443. */
export async function startHaproxy() {
  const files: [string, string][] = [
    ['/etc/haproxy/praxen.example.pem', front.both],
    ['/etc/haproxy/shards-ca.pem', inner.cert],
    ['/etc/haproxy/shards.map', join(folder, 'shards.map')],
    ['/run/haproxy/admin.sock', join(folder, 'admin.sock')],
    ['192.0.2.0/24', '127.0.1.0/24'],
  ]
  let config = readFileSync(new URL('haproxy.cfg', DEPLOY), 'utf8')
  for (const [from, to] of files) {
    assert.ok(config.includes(from), from)
    config = config.replaceAll(from, to)
  }
  writeFileSync(join(folder, 'shards.map'), readFileSync(new URL('shards.map', DEPLOY)))
  writeFileSync(join(folder, 'haproxy.cfg'), config)
  // It says nothing unless something is wrong.
  assert.is(execFileSync('haproxy', ['-c', '-q', '-f', join(folder, 'haproxy.cfg')], { encoding: 'utf8' }), '')
  const child = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' })
  started.push(child)
}
