/** The compiled server in a process of its own, and what can be seen of it from outside. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const TOKEN = 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE'

/** Where whoever looks after the server comes from: many addresses, as each may ask only so much. */
const admin = (): string => `127.0.3.${1 + Math.floor(Math.random() * 250)}`

/**
 * Starts it on a free port and a folder of its own.
 * @param settings all of its environment but where it listens and writes, and its admin
 * @param prepare fills the folder before it starts
 */
export async function startServer(settings: Record<string, string>, prepare = (_dataDir: string): void => {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'wartezimmer-observed-'))
  prepare(dataDir)
  const child = spawn(process.execPath, [MAIN], {
    env: { ...settings, WZ_ADMIN_TOKENS: `observer:${TOKEN}`, WZ_PORT: '0', WZ_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid = 0 } = child
  /** What it complained about: must stay empty. */
  const complaints: string[] = []
  const exit = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`${signal ?? code}`)))
  let running = true
  exit.then(() => {
    running = false
  })
  child.stderr.on('data', (chunk) => complaints.push(String(chunk)))

  const port = await new Promise<number>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      const lines = output.split('\n')
      output = lines.pop() ?? ''
      for (const line of lines) {
        const { level, msg, port } = JSON.parse(line) as { level: string; msg: string; port: number }
        if (msg === 'listening') resolve(port)
        if (level !== 'info') complaints.push(line)
      }
    })
    exit.then(() => reject(new Error(`the server did not start: ${complaints.join('\n')}`)))
  })

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

  return {
    ...{ port, token: TOKEN, dataDir, complaints, call },
    running: () => running,

    async rest<Answer>(path: string, body?: object): Promise<Answer> {
      return JSON.parse(await call(body ? 'POST' : 'GET', path, body)) as Answer
    },

    /** The sockets that the process has open. */
    sockets(): number {
      return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
        } catch {
          return false // closed in between
        }
      }).length
    },

    /** Resident memory, MiB. */
    rss: (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,

    /** Ends it in good order. @returns how it ended: 0 is good */
    async stop(): Promise<string> {
      child.kill('SIGTERM')
      const how = await exit
      rmSync(dataDir, { recursive: true })
      return how
    },
  }
}
