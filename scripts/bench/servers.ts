/** The three servers side by side, each in a process of its own, and what their processes have used. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { unlimited } from '../unlimited.ts'

export const kinds = ['bare', 'peerjs', 'wartezimmer'] as const
export type Kind = (typeof kinds)[number]

/** CPU time in µs, memory in bytes. `heap` is V8's and its buffers', `rss` all that the process has. */
export type Usage = { cpu: number; rss: number; heap: number }

export type Server = {
  kind: Kind
  port: number
  /** What an admin would carry. */
  token: string
  /** `memory` collects garbage first; `cpu` does not, as that would be counted. */
  usage: (of: 'cpu' | 'memory') => Promise<Usage>
  stop: () => Promise<void>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const scripts: Record<Kind, string> = {
  bare: here('bare.mjs'),
  peerjs: here('peerjs.mjs'),
  wartezimmer: here('../../dist/main.js'),
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'wartezimmer-bench-'))

/** Starts a server; `flags` are for node, so that a profile can be taken. It removes its folder when it stops. */
export async function startServer(
  kind: Kind,
  flags: readonly string[] = [],
  dataDir = newFolder(),
  settings: Record<string, string> = {},
): Promise<Server> {
  const token = randomBytes(24).toString('base64url')
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WZ_'))
  const env = {
    ...Object.fromEntries(inherited),
    ...unlimited,
    WZ_PORT: '0',
    WZ_DATA_DIR: dataDir,
    WZ_ADMIN_TOKENS: `bench:${token}`,
    ...settings,
  }
  const args = ['--expose-gc', '--import', here('probe.mjs'), ...flags, scripts[kind]]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const port = await listening(child, kind)
  return {
    kind,
    port,
    token,
    usage: async (of) => {
      child.send(of)
      const [usage] = await once(child, 'message')
      return usage as Usage
    },
    stop: async () => {
      // PeerJS waits for its clients to go, so a signal that can be waited out would not do.
      child.kill(kind === 'wartezimmer' ? 'SIGTERM' : 'SIGKILL')
      await once(child, 'exit')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The port, from the JSON line that each server prints when it listens. */
async function listening(child: ChildProcess, kind: Kind): Promise<number> {
  if (!child.stdout) throw new Error('its output is not read')
  const { stdout } = child
  for await (const line of createInterface({ input: stdout })) {
    const { port } = JSON.parse(line) as { port?: number }
    if (port === undefined) continue
    stdout.resume()
    return port
  }
  throw new Error(`${kind} did not start; was it built?`)
}
