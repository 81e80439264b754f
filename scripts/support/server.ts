/** A server in a process of its own, usually the compiled one, and what can be done to it and seen of it from outside. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Role } from '../../src/protocol/messages.ts'
import { inodesOf } from './sockets.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
export const TOKEN = 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE'

export type Server = Awaited<ReturnType<typeof spawnServer>>

/** A code as it was minted. */
export type Minted = { id: string; role: Role; code: string; link: string }

export type Options = {
  /** All of its environment but where it listens and writes, and its admin. */
  env?: Record<string, string>
  /** Its data folder; by default a new one. It is removed by `stop`. */
  dataDir?: string
  /** What runs; by default the compiled server. It has to print a JSON line with its port. */
  program?: string
  /** Flags for node. With an IPC channel, so that what is loaded with them can answer. */
  flags?: readonly string[]
  /** A program that runs it, with its arguments. */
  under?: readonly string[]
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'wartezimmer-'))

/** Where whoever looks after the server comes from: many addresses, as each may ask only so much. */
const admin = (): string => `127.0.3.${1 + Math.floor(Math.random() * 250)}`

/** Starts it, on a free port of 127.0.0.1 which it keeps when it is started again. */
export async function spawnServer({
  env = {},
  dataDir = newFolder(),
  program = MAIN,
  flags = [],
  under = [],
}: Options = {}) {
  let child: ChildProcess
  let port = 0
  /** What it complained about: must stay empty. */
  const complaints: string[] = []

  async function start(): Promise<void> {
    const own = { WZ_PORT: String(port), WZ_DATA_DIR: dataDir, WZ_ADMIN_TOKENS: `admin:${TOKEN}` }
    const [file = '', ...args] = [...under, process.execPath, ...flags, program]
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(flags.length > 0 ? (['ipc'] as const) : [])]
    child = spawn(file, args, { env: { PATH: process.env.PATH, ...own, ...env }, stdio })
    child.stderr?.on('data', (chunk) => complaints.push(String(chunk)))
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
      const lines = output.split('\n')
      output = lines.pop() ?? ''
      for (const line of lines) {
        const said = JSON.parse(line) as { level?: string; msg?: string; port?: number }
        if (said.port !== undefined) resolve(said.port)
        // That this machine lets nobody open as many files as are asked for here is no fault of the server's.
        const fine = said.level === undefined || said.level === 'info' || said.msg === 'few_descriptors'
        if (!fine) complaints.push(line)
      }
    })
    child.once('exit', () => reject(new Error(`it did not start; is it built? ${complaints.join('\n')}`)))
    port = await promise
  }

  const running = () => child.exitCode === null && child.signalCode === null

  /** Ends the process. @returns its exit code, or the signal that killed it */
  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null> {
    if (running()) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    return child.signalCode ?? child.exitCode
  }

  /** A connection for each call, so that none of them stands among the sockets that are counted. */
  function call(method: string, path: string, body?: object): Promise<string> {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) }
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, method, headers, agent: false, localAddress: admin() }
      const asked = request(options, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString()
        if ((response.statusCode ?? 500) < 300) resolve(text)
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
      })
      asked.on('error', reject)
      asked.end(body && JSON.stringify(body))
    })
  }

  const rest = async <Answer>(path: string, body?: object): Promise<Answer> =>
    JSON.parse(await call(body ? 'POST' : 'GET', path, body)) as Answer

  await start()
  return {
    token: TOKEN,
    dataDir,
    complaints,
    get child() {
      return child
    },
    get port() {
      return port
    },
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get pid() {
      return child.pid ?? 0
    },
    start,
    end,
    running,
    call,
    rest,

    /** Mints codes, in the order of the roles; `minted` holds all that is said of them. */
    async mint(body: object = { roles: ['host', 'guest'] }) {
      const { room, codes: minted } = await rest<{ room: string; codes: Minted[] }>('/v1/codes', body)
      return { room, minted, codes: minted.map(({ code }) => code) }
    },

    /** The sockets that the process has open. */
    sockets: (): number => inodesOf(child.pid ?? 0).length,

    /** Resident memory, MiB. */
    rss: (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,

    /** Ends it in good order, and removes its folder. @returns how it ended: 0 is good */
    async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | string | null> {
      const how = await end(signal)
      rmSync(dataDir, { recursive: true, force: true })
      return how
    },
  }
}
