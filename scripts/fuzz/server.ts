/** The compiled server in a process of its own, and what can be seen of it from outside. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const TOKEN = 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE'

/** All of the server's environment but where it listens and writes. */
const ENVIRONMENT = {
  WZ_ADMIN_TOKENS: `fuzz:${TOKEN}`,
  WZ_RESUME_SECONDS: '1',
  // Who is cut off or told to wait gets nowhere, and the fuzzer shall. What becomes of floods is tested elsewhere.
  WZ_FRAMES_PER_SECOND: '100000',
  WZ_REFUSALS_PER_MINUTE: '60',
  WZ_WRONG_CODES_PER_ADDRESS: '1000000',
  WZ_WRONG_CODES_PER_MINUTE: '1000000',
  WZ_REQUESTS_PER_MINUTE: '1000000',
}

export type Server = Awaited<ReturnType<typeof startServer>>

export async function startServer() {
  const dataDir = mkdtempSync(join(tmpdir(), 'wartezimmer-fuzz-'))
  const child = spawn(process.execPath, [MAIN], {
    env: { ...ENVIRONMENT, WZ_PORT: '0', WZ_DATA_DIR: dataDir },
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
  function rest<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      ...(body && { 'content-type': 'application/json' }),
    }
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, method: body ? 'POST' : 'GET', headers, agent: false })
      call.on('error', reject)
      call.on('response', async (response) => {
        const chunks = await response.toArray()
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200 || response.statusCode === 201) resolve(JSON.parse(text) as Answer)
        else reject(new Error(`${path}: ${response.statusCode} ${text}`))
      })
      call.end(body && JSON.stringify(body))
    })
  }

  return {
    ...{ port, token: TOKEN, complaints, rest },
    running: () => running,

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

    /** The rooms of all seats that are on disk, one for each seat. */
    seats(): string[] {
      const db = new Sqlite(join(dataDir, 'wartezimmer.db'), { readonly: true })
      const rooms = db.prepare<unknown[], string>('SELECT room FROM seats').pluck().all()
      db.close()
      return rooms
    },

    /** Ends it in good order. @returns how it ended: 0 is good */
    async stop(): Promise<string> {
      child.kill('SIGTERM')
      const how = await exit
      rmSync(dataDir, { recursive: true })
      return how
    },
  }
}
