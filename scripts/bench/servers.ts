/** The three servers side by side, each in a process of its own, and what their processes have used. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Server as Spawned, spawnServer } from '../support/server.ts'
import { unlimited } from '../support/unlimited.ts'

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

const programs: Record<Kind, string> = {
  bare: here('bare.mjs'),
  peerjs: here('peerjs.mjs'),
  wartezimmer: here('../../dist/main.js'),
}

/** Asks what was loaded into a server's process. */
export async function ask<Answer>({ child }: Spawned, question: string): Promise<Answer> {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer as Answer
}

/** Starts a server without limits by address, since all its clients are on this machine. */
export const spawnKind = (kind: Kind, dataDir?: string, settings: Record<string, string> = {}): Promise<Spawned> =>
  spawnServer({
    program: programs[kind],
    flags: ['--expose-gc', '--import', here('probe.mjs')],
    env: { ...unlimited, ...settings },
    ...(dataDir !== undefined && { dataDir }),
  })

export async function startServer(kind: Kind, dataDir?: string, settings?: Record<string, string>): Promise<Server> {
  const spawned = await spawnKind(kind, dataDir, settings)
  return {
    kind,
    port: spawned.port,
    token: spawned.token,
    usage: (of) => ask(spawned, of),
    stop: async () => {
      // PeerJS waits for its clients to go, so a signal that can be waited out would not do.
      await spawned.stop(kind === 'wartezimmer' ? 'SIGTERM' : 'SIGKILL')
    },
  }
}
