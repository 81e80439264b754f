/** A server in a process of its own, on fixed files and a fixed port, that is killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unlimited } from '../unlimited.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const TOKEN = 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE'

export type Server = Awaited<ReturnType<typeof startServer>>

export async function startServer() {
  const dataDir = mkdtempSync(join(tmpdir(), 'wartezimmer-chaos-'))
  let port = 0
  let child: ChildProcess
  const faults: string[] = []

  function start(): Promise<void> {
    child = spawn(process.execPath, [MAIN], {
      env: {
        ...unlimited,
        WZ_PORT: String(port),
        WZ_DATA_DIR: dataDir,
        WZ_ADMIN_TOKENS: `chaos:${TOKEN}`,
        WZ_PAGES: 'off',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Promise((resolve, reject) => {
      let output = ''
      child.stderr?.on('data', (chunk) => faults.push(String(chunk)))
      child.stdout?.on('data', (chunk) => {
        output += chunk
        for (const line of output.split('\n').slice(0, -1)) {
          const { msg, level, port: got } = JSON.parse(line) as { msg: string; level: string; port: number }
          if (level === 'error') faults.push(line)
          if (msg !== 'listening') continue
          port = got
          resolve()
        }
        output = output.slice(output.lastIndexOf('\n') + 1)
      })
      child.once('exit', () => reject(new Error(`the server did not start: ${faults.join('\n')}`)))
    })
  }

  /** Ends the process and waits until it is gone. @returns its exit code, null if it was killed */
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    return await gone
  }

  await start()
  return {
    start,
    end,
    /** What the server complained about: must stay empty. */
    faults,
    url: () => `ws://127.0.0.1:${port}/v1/signal`,
    async rest<Answer>(path: string, body?: object): Promise<Answer> {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as Answer
    },
    async stop(): Promise<void> {
      await end('SIGTERM')
      rmSync(dataDir, { recursive: true })
    },
  }
}
