/**
 * npm run bench:restart: how long it takes after `kill -9` until everybody is back: with a small record, with a large one,
 * and with a large one that another program has locked while it is swept and erased from.
 *
 * --seats   --kept ROWS of the large record   --due ROWS of one day that a sweep deletes
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { WebSocket } from 'ws'
import { retryDelay } from '../../src/client/reconnecting-socket.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { newFolder, type Server as Spawned } from '../support/server.ts'
import { addSessions, makeRecord } from './large-record.ts'
import { ask, spawnKind } from './servers.ts'

const { values } = parseArgs({
  options: {
    seats: { type: 'string', default: '9000' },
    kept: { type: 'string', default: '1000000' },
    due: { type: 'string', default: '100000' },
  },
})
const SEATS = Number(values.seats)
const KEPT = Number(values.kept)
const DUE = Number(values.due)
const AT_ONCE = 200
const ROUNDS = 3

type Delay = { p50: number; p99: number; max: number }

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
        if (frame.type === 'joined') {
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

/** Everybody dials in, so many at a time. */
async function rush(port: number, codes: readonly string[], guests: Guest[]): Promise<void> {
  const left = [...codes]
  const worker = async () => {
    for (let code = left.pop(); code !== undefined; code = left.pop()) {
      const guest = new Guest()
      await guest.join(port, code)
      guests.push(guest)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function mint(server: Spawned, count: number): Promise<string[]> {
  const codes: string[] = []
  while (codes.length < count) {
    codes.push(...(await server.mint({ roles: Array(9).fill('guest') })).codes)
  }
  return codes.slice(0, count)
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

type Return = { seats: number; listening: number; back: number; delay: Delay }

/** @param trouble what the record has to go through when the server is killed; returns what ends it */
async function comeBack(kept: number, trouble: (server: Spawned) => Promise<() => void>): Promise<Return> {
  const dataDir = newFolder()
  await makeRecord(dataDir)
  addSessions(dataDir, kept, [0, 28])
  const server = await spawnKind('wartezimmer', dataDir)
  const guests: Guest[] = []
  await rush(server.port, await mint(server, SEATS), guests)
  const returns = guests.map(async (guest) => {
    if (guest.socket) await once(guest.socket, 'close')
    await guest.comeBack(server.port)
  })
  const over = await trouble(server)
  const killed = performance.now()
  await server.end('SIGKILL')
  await server.start()
  const listening = performance.now()
  // Its start is not what is asked for: only what it did while everybody came back.
  await ask(server, 'watch')
  await Promise.all(returns)
  const back = performance.now()
  const delay = await ask<Delay>(server, 'delay')
  over()
  for (const { socket } of guests) socket?.terminate()
  await server.stop('SIGKILL')
  return { seats: guests.length, listening: (listening - killed) / 1000, back: (back - listening) / 1000, delay }
}

const none = async () => () => {}

/** Much is due, and another program takes the lock while it is being deleted, and a session erased. */
async function locked(server: Spawned): Promise<() => void> {
  addSessions(server.dataDir, DUE, [40, 40])
  const { sessions } = await server.rest<{ sessions: { id: string }[] }>('/v1/sessions?limit=1')
  const other = new Sqlite(join(server.dataDir, 'wartezimmer.db'))
  other.exec('BEGIN IMMEDIATE')
  void server.call('DELETE', `/v1/sessions/${sessions[0]?.id}`).catch(() => {})
  return () => other.close()
}

console.log('| record | seats | listening after, s | all back, s more | event loop late p50, ms | p99 | at most |')
console.log('| --- | --: | --: | --: | --: | --: | --: |')
const small = 1_000
for (const [name, kept, trouble] of [
  [`${small} sessions`, small, none],
  [`${KEPT} sessions`, KEPT, none],
  [`${KEPT}, ${DUE} due, locked by another program`, KEPT, locked],
] as const) {
  const rounds: Return[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await comeBack(kept, trouble))
  const of = (what: (one: Return) => number, digits = 1) => median(rounds.map(what)).toFixed(digits)
  const late = [of(({ delay }) => delay.p50), of(({ delay }) => delay.p99), of(({ delay }) => delay.max, 0)]
  console.log(
    `| ${[name, of(({ seats }) => seats, 0), of((one) => one.listening), of((one) => one.back), ...late].join(' | ')} |`,
  )
}
process.exit(0)
