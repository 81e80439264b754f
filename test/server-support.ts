/** A real server on a free port with a settable clock, and clients that speak to it over real sockets. */
import { rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { filesIn } from '../scripts/support/files.ts'
import { TOKEN } from '../scripts/support/server.ts'
import { createApp } from '../src/app.ts'
import { readAdmins } from '../src/config/admins-file.ts'
import { type Config, readConfig } from '../src/config/config.ts'
import type { LogEvent } from '../src/observability/log.ts'
import { wallClock } from '../src/process/clock.ts'
import type { ClientMessage, Role, ServerFrame } from '../src/protocol/messages.ts'
import { openRecord } from '../src/record/record.ts'
import { keepAdmins } from '../src/rest/admins.ts'
import { closing } from './closing.ts'
import { tempFolder } from './record-support.ts'

export { TOKEN }

/** How long anything may take that should come at once; only a broken test ever waits that long. */
const DEADLINE = 30_000

export type Server = Awaited<ReturnType<typeof startServer>>

/** It ends with the test; `stop` ends it sooner. */
export async function startServer(
  env: Record<string, string> = {},
  dataDir = tempFolder(),
  /** What has passed, and by how much the machine's wall clock is wrong. */
  clock: { now: number; wrong?: number } = { now: 1_800_000_000_000 },
) {
  const config: Config = readConfig({ WZ_PORT: '0', WZ_DATA_DIR: dataDir, WZ_ADMIN_TOKENS: `test:${TOKEN}`, ...env })
  const opened = await openRecord(config)
  let broken = () => false
  const writing = new Set<Promise<void>>()
  const watched = (write: Promise<void>): Promise<void> => {
    const done = write.finally(() => writing.delete(done))
    writing.add(done)
    return done
  }
  /** All that has happened so far is on disk, and has been told. */
  const written = async (): Promise<void> => {
    do {
      await turn()
      await Promise.allSettled(writing)
    } while (writing.size > 0)
  }
  const record: typeof opened = {
    ...opened,
    async persist(changes) {
      if (broken()) throw new Error('the disk is full')
      await watched(opened.persist(changes))
    },
    noteAlive: (now, notes) => watched(opened.noteAlive(now, notes)),
  }
  const logged: LogEvent[] = []
  const admins = keepAdmins(readAdmins(config))
  const tasks: { ms: number; task: () => void }[] = []
  let passed = 0
  const app = await createApp({
    config,
    admins,
    record,
    log: (event) => logged.push(event),
    logLinesLost: () => 0,
    clock: wallClock({ wall: () => clock.now + (clock.wrong ?? 0), elapsed: () => clock.now }),
    // What is tried again is tried soon, so that no test waits for it.
    timers: { soon: setImmediate, after: (ms, task) => void setTimeout(task, ms / 50) },
    every: (ms, task) => {
      const entry = { ms, task }
      tasks.push(entry)
      return () => void tasks.splice(tasks.indexOf(entry), 1)
    },
  })
  await app.listen({ host: config.host, port: config.port, listenTextResolver: () => '' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const clients: Client[] = []

  const request = (path: string, init: RequestInit & { json?: unknown } = {}) =>
    fetch(url + path, {
      ...init,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(init.json !== undefined && { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.json !== undefined && { body: JSON.stringify(init.json) }),
    })

  return {
    app,
    admins,
    record,
    config,
    env,
    dataDir,
    logged,
    clock,
    url,
    port,
    request,
    /** What a line of the metrics says; undefined where there is none. */
    async metric(line: string): Promise<string | undefined> {
      const { body } = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } })
      const found = body.split('\n').find((one) => one.startsWith(`${line} `))
      return found?.slice(line.length + 1)
    },
    /** Mints codes; returns the ids and codes in the order of the roles. */
    async mint(body: object = { roles: ['host', 'guest'] }) {
      const response = await request('/v1/codes', { method: 'POST', json: body })
      if (response.status !== 201) throw new Error(`minting failed: ${await response.text()}`)
      return (await response.json()) as {
        room: string
        codes: { id: string; role: Role; code: string; link: string }[]
      }
    },
    /** Moves the clock on second by second, and lets the server's timers run as they would. */
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        clock.now += 1000
        passed += 1000
        for (const { ms, task } of tasks) if (passed % ms === 0) task()
        // Pings and pongs need a turn of the real event loop in between.
        if (second % 5 === 0) for (const client of clients) await client.settle()
      }
      await written()
    },
    /** Lets the server sweep, as it does by itself every hour. */
    sweep: async (): Promise<void> => tasks.find(({ ms }) => ms === config.sweepMinutes * 60_000)?.task(),
    async connect(options: ConnectOptions = {}): Promise<Client> {
      const client = new Client(url, options, written)
      clients.push(client)
      await client.opened
      return client
    },
    async join(code: string, name?: string, more: object = {}): Promise<Client> {
      const client = await this.connect()
      client.send({ type: 'join', code, ...(name !== undefined && { name }), ...more } as ClientMessage)
      await client.next('joined')
      return client
    },
    /** Takes back the seat of a connection that is lost, or cuts it. The answer is still to be heard. */
    async resume(client: Client, more: Partial<Extract<ClientMessage, { type: 'resume' }>> = {}): Promise<Client> {
      const again = await this.connect()
      again.send({ type: 'resume', ...client.memory, ...more })
      return again
    },
    /** A host and a guest in session with each other. */
    async consultation() {
      const { room, codes } = await this.mint()
      const host = await this.join(codes[0]?.code ?? '')
      const guest = await this.join(codes[1]?.code ?? '', 'Anna')
      const knock = await host.next('knock')
      host.send({ type: 'admit', peer: knock.peer })
      const admitted = await guest.next('admitted')
      await host.next('peer-joined')
      return { room, codes, host, guest, guestPeer: knock.peer, hostPeer: admitted.peers[0]?.peer ?? '', admitted }
    },
    /** From now on nothing can be written for as long as this says so. */
    breakDisk(says: () => boolean): void {
      broken = says
    },
    stop: closing(async () => {
      for (const client of clients) client.socket.terminate()
      await app.close()
      await record.close()
      rmSync(dataDir, { recursive: true, force: true })
    }),
  }
}

/** Dials in at any server, and has a seat. */
export async function joinAt(url: string, code: string, name?: string): Promise<Client> {
  const client = new Client(url)
  await client.opened
  client.send({ type: 'join', code, ...(name !== undefined && { name }) })
  await client.next('joined')
  return client
}

/** A server as it would start if this one were killed right now: on its files as they are. */
export async function successorOf({ env, dataDir, clock }: Server): Promise<Server> {
  const copy = tempFolder()
  for (const { name, content } of filesIn(dataDir)) writeFileSync(join(copy, name), content, { mode: 0o600 })
  return await startServer(env, copy, clock)
}

type ConnectOptions = {
  headers?: Record<string, string>
  protocols?: string[]
  autoPong?: boolean
  path?: string
  localAddress?: string
  ca?: string
  servername?: string
}

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

export class Client {
  readonly socket: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
  /** All frames received, and how many of them `next` has handed out. */
  readonly frames: ServerFrame[] = []
  #read = 0
  #wake: () => void = () => {}

  readonly #written: () => Promise<void>

  constructor(
    url: string,
    { protocols = ['wartezimmer.v1'], path = '/v1/signal', ...options }: ConnectOptions = {},
    written: () => Promise<void> = async () => {},
  ) {
    this.#written = written
    this.socket = new WebSocket(url.replace('http', 'ws') + path, protocols, options)
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve)
      this.socket.on('error', reject)
      this.socket.on('unexpected-response', (_request, response) => reject(new Error(`HTTP ${response.statusCode}`)))
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#wake()
      })
    })
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse(data.toString()))
      this.#wake()
    })
  }

  /** What its page must remember of the seat to take it back. */
  get memory() {
    const joined = this.frames.find((frame) => frame.type === 'joined')
    if (!joined) throw new Error('it never joined')
    const seq = Math.max(0, ...this.frames.map((frame) => frame.seq ?? 0))
    return { token: joined.resume.token, epoch: joined.epoch, seq }
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The next frame of a type; others before it are passed over. */
  async next<Type extends ServerFrame['type']>(type: Type): Promise<Frame<Type>> {
    const end = Date.now() + DEADLINE
    for (;;) {
      for (; this.#read < this.frames.length; ) {
        const frame = this.frames[this.#read++]
        if (frame?.type === type) return frame as Frame<Type>
      }
      if (Date.now() > end) throw new Error(`no ${type} in time; there were: ${this.frames.map((f) => f.type)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, DEADLINE)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (this.socket.readyState > 1 && this.#read >= this.frames.length) throw new Error(`closed, no ${type}`)
    }
  }

  /** Everything sent so far has been answered: a refused frame has gone there and its error come back. */
  async settle(): Promise<void> {
    await this.#ping()
    await this.#written()
    await this.#ping()
  }

  async #ping(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return
    await new Promise<void>((resolve) => {
      this.socket.once('pong', () => resolve())
      this.closed.then(() => resolve())
      this.socket.ping()
    })
  }

  /** All frames that have come and were not asked for yet. */
  async rest(): Promise<ServerFrame[]> {
    await this.settle()
    const rest = this.frames.slice(this.#read)
    this.#read = this.frames.length
    return rest
  }

  /** Sends a frame as it is, and returns the error that answers it. */
  async refused(frame: string | Buffer): Promise<Frame<'error'>> {
    this.socket.send(frame, { binary: typeof frame !== 'string' })
    return await this.next('error')
  }

  /** The connection breaks, without a close frame. */
  drop(): void {
    this.socket.terminate()
  }
}
