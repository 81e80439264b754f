/**
 * npm run bench:restart: how fast people can dial in when each seat is on disk before it is confirmed,
 * beside a bare WebSocket server; and how long it takes after `kill -9` until all of them are back.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { retryDelay } from '../../src/client/line.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { unlimited } from '../unlimited.ts'

const { values } = parseArgs({ options: { seats: { type: 'string', default: '9000' } } })
const SEATS = Number(values.seats)
const AT_ONCE = 200
const ROUNDS = 3

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const token = randomBytes(24).toString('base64url')

type Delay = { p50: number; p99: number; max: number }

async function start(script: string, dataDir: string, port = 0): Promise<{ child: ChildProcess; port: number }> {
  const settings = { WZ_PORT: String(port), WZ_DATA_DIR: dataDir, WZ_ADMIN_TOKENS: `bench:${token}` }
  const env = { PATH: process.env.PATH, ...unlimited, ...settings }
  const args = ['--import', here('loop.mjs'), script]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  if (!child.stdout) throw new Error('its output is not read')
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { port?: number }
    if (said.port === undefined) continue
    child.stdout.resume()
    return { child, port: said.port }
  }
  throw new Error(`${script} did not start; was it built?`)
}

/** A seat, and what it takes to come back to it. */
class Guest {
  socket: WebSocket | undefined
  #resume: { token: string; epoch: number; seq: number } | undefined

  /** Dials in, and settles once the server has confirmed it. */
  join(port: number, code: string): Promise<void> {
    return this.#connect(port, JSON.stringify({ type: 'join', code, name: 'Guest' }))
  }

  #connect(port: number, hello: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1', { perMessageDeflate: false })
      this.socket = socket
      socket.on('open', () => socket.send(hello))
      socket.on('error', reject)
      socket.on('message', (data) => {
        const frame = JSON.parse(String(data)) as ServerFrame
        if (frame.type === 'error') reject(new Error(frame.code))
        // The bare server has nothing to come back to.
        if (frame.type === 'joined' && 'resume' in frame) {
          this.#resume = { token: frame.resume.token, epoch: frame.epoch, seq: 0 }
        }
        if (frame.seq !== undefined && this.#resume) this.#resume.seq = frame.seq
        if (frame.type === 'joined' || frame.type === 'resumed') resolve()
      })
    })
  }

  /** Comes back as the client in src/client does: with growing, jittered delays. */
  async comeBack(port: number): Promise<void> {
    for (let failures = 0; ; failures++) {
      await wait(retryDelay(1006, failures, Math.random()))
      try {
        await this.#connect(port, JSON.stringify({ type: 'resume', name: 'Guest', ...this.#resume }))
        return
      } catch (error) {
        if (error instanceof Error && error.message === 'seat_expired') throw error
      }
    }
  }
}

/** Everybody dials in, so many at a time. @returns how many per second */
async function rush(port: number, codes: readonly string[], guests: Guest[] = []): Promise<number> {
  const left = [...codes]
  const started = performance.now()
  const worker = async () => {
    for (let code = left.pop(); code !== undefined; code = left.pop()) {
      const guest = new Guest()
      await guest.join(port, code)
      guests.push(guest)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return codes.length / ((performance.now() - started) / 1000)
}

async function mint(port: number, count: number): Promise<string[]> {
  const codes: string[] = []
  while (codes.length < count) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/codes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ roles: Array(9).fill('guest') }),
    })
    const minted = (await response.json()) as { codes: { code: string }[] }
    codes.push(...minted.codes.map(({ code }) => code))
  }
  return codes.slice(0, count)
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const folder = () => mkdtempSync(join(tmpdir(), 'wartezimmer-bench-'))

const rates: Record<'bare' | 'wartezimmer', number[]> = { bare: [], wartezimmer: [] }
const count = Math.min(SEATS, 3000)
for (let round = 0; round < ROUNDS; round++) {
  for (const kind of ['bare', 'wartezimmer'] as const) {
    const dataDir = folder()
    const { child, port } = await start(here(kind === 'bare' ? 'bare.mjs' : '../../dist/main.js'), dataDir)
    const codes = kind === 'bare' ? Array<string>(count).fill('x') : await mint(port, count)
    const guests: Guest[] = []
    rates[kind].push(await rush(port, codes, guests))
    for (const { socket } of guests) socket?.terminate()
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(dataDir, { recursive: true })
  }
}
const [bare, durable] = [median(rates.bare), median(rates.wartezimmer)]
console.log(`dialling in, a second       ${durable.toFixed(0)}, each seat on disk before it is confirmed`)
console.log(`bare WebSocket, a second    ${bare.toFixed(0)}; ratio ${(durable / bare).toFixed(2)}`)

const dataDir = folder()
const server = await start(here('../../dist/main.js'), dataDir)
const guests: Guest[] = []
await rush(server.port, await mint(server.port, SEATS), guests)
const returns = guests.map(async (guest) => {
  if (guest.socket) await once(guest.socket, 'close')
  await guest.comeBack(server.port)
})
const killed = performance.now()
server.child.kill('SIGKILL')
await once(server.child, 'exit')
const again = await start(here('../../dist/main.js'), dataDir, server.port)
const listening = performance.now()
// Its start is not what is asked for: only what it did while everybody came back.
again.child.send('reset')
await Promise.all(returns)
const allBack = performance.now()
again.child.send('delay')
const [delay] = (await once(again.child, 'message')) as [Delay]
console.log(`seats when it was killed    ${guests.length}`)
console.log(`listening again after       ${((listening - killed) / 1000).toFixed(1)} s`)
console.log(`everybody back after        ${((allBack - listening) / 1000).toFixed(1)} s more`)
console.log(
  `event loop late meanwhile   p50 ${delay.p50.toFixed(1)} ms, p99 ${delay.p99.toFixed(1)} ms, at most ${delay.max.toFixed(0)} ms`,
)
for (const { socket } of guests) socket?.terminate()
again.child.kill('SIGKILL')
rmSync(dataDir, { recursive: true, force: true })
process.exit(0)
