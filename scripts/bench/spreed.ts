/**
 * nextcloud-spreed-signaling as Debian packages it, with its loopback in place of NATS; and the least of a Nextcloud that it
 * asks who somebody is and whether he may enter a room, in this process.
 */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createListener } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { cpuSeconds, residentBytes } from './usage.ts'

const PROGRAM = '/usr/bin/nextcloud-spreed-signaling-server'
const SECRET = 'Yq3LmT9vXc7RzK5wBn2JhP8dFsG4aE6u'

export const hasSpreed = (): boolean => existsSync(PROGRAM)

type Asked = { type: 'auth' | 'room' | 'ping' | 'session'; room?: { roomid: string } }

function answerTo({ type, room }: Asked): object {
  if (type === 'auth') return { type, auth: { version: '1.0', userid: '', user: { displayname: 'Erika Mustermann' } } }
  if (type === 'room') return { type, room: { version: '1.0', roomid: room?.roomid, properties: {} } }
  return { type, [type]: { version: '1.0', roomid: '' } }
}

/** What Nextcloud says, after it has checked that it is the signaling server that asks. */
async function nextcloud(request: IncomingMessage): Promise<object> {
  if (request.method === 'GET') return { version: {}, capabilities: { spreed: { features: [] } } }
  const body = Buffer.concat(await request.toArray())
  const said = request.headers['spreed-signaling-checksum']
  const random = String(request.headers['spreed-signaling-random'])
  if (createHmac('sha256', SECRET).update(random).update(body).digest('hex') !== said) throw new Error('not signed')
  return answerTo(JSON.parse(body.toString()) as Asked)
}

async function freePort(): Promise<number> {
  const listener = createListener().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await new Promise((closed) => listener.close(closed))
  return port
}

/** @returns the same as for the other servers; `token` is the address of its Nextcloud */
export async function startSpreed() {
  const backend = createServer(async (request, response) => {
    const ocs = { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data: await nextcloud(request) }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ocs }))
  }).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/`
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'spreed-'))
  const config = [
    `[http]\nlisten = 127.0.0.1:${port}`,
    // For its heap.
    '[app]\ndebug = true',
    `[sessions]\nhashkey = ${SECRET}\nblockkey = ${SECRET}`,
    `[clients]\ninternalsecret = ${SECRET}`,
    `[backend]\nbackends = here\nallowall = false\ntimeout = 10\nconnectionsperhost = 8`,
    `[here]\nurl = ${url}\nsecret = ${SECRET}`,
    '[nats]\nurl = :loopback:',
    '[mcu]\n[turn]\n[geoip]\nurl =\n[stats]\n',
  ].join('\n')
  writeFileSync(join(folder, 'server.conf'), config, { mode: 0o600 })
  // It logs a line and more for each who comes, goes or pings; nobody reads them.
  const child = spawn(PROGRAM, ['-config', join(folder, 'server.conf')], { stdio: 'ignore' })
  const end = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', end)
  const pid = child.pid ?? 0
  const at = `http://127.0.0.1:${port}`
  for (let patience = 100; !(await fetch(`${at}/api/v1/welcome`).catch(() => undefined))?.ok; patience--) {
    if (patience === 0 || child.exitCode !== null) throw new Error('nextcloud-spreed-signaling did not start')
    await wait(100)
  }
  return {
    kind: 'spreed' as const,
    port,
    token: url,
    cpu: async () => cpuSeconds(pid),
    memory: async () => {
      const profile = await (await fetch(`${at}/debug/pprof/heap?gc=1&debug=1`)).text()
      const bytes = (name: string) => Number(new RegExp(`^# ${name} = (\\d+)`, 'm').exec(profile)?.[1])
      return { heap: bytes('HeapAlloc') + bytes('Stack'), rss: residentBytes(pid) }
    },
    stop: async () => {
      end()
      backend.closeAllConnections()
      backend.close()
    },
  }
}
