/** The servers side by side, each in a process of its own, and what their processes have used. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FIRST } from '../../test/tls-support.ts'
import { type Server as Spawned, spawnServer } from '../support/server.ts'
import { unlimited } from '../support/unlimited.ts'
import { hasSpreed, startSpreed } from './spreed.ts'
import { residentBytes } from './usage.ts'

export const titles = {
  wartezimmer: 'Wartezimmer',
  bare: 'bare `ws` relay',
  peerjs: 'PeerJS',
  socketio: 'Socket.IO',
  spreed: 'nextcloud-spreed-signaling',
}
export type Kind = keyof typeof titles

/** Those that are on this machine. Says of each other how it comes here. */
export function kindsHere(): Kind[] {
  const missing: Partial<Record<Kind, string>> = {}
  if (!existsSync(join(process.env.FOREIGN ?? '/nowhere', 'node_modules/socket.io'))) {
    missing.socketio = 'set FOREIGN to a folder, and npm install --prefix $FOREIGN socket.io@4.8.4'
  }
  if (!hasSpreed()) missing.spreed = 'apt-get install nextcloud-spreed-signaling'
  for (const [kind, how] of Object.entries(missing)) console.error(`${titles[kind as Kind]} is left out: ${how}`)
  return (Object.keys(titles) as Kind[]).filter((kind) => missing[kind] === undefined)
}

export type Server = {
  kind: Kind
  port: number
  /** What an admin would carry. */
  token: string
  tls?: boolean
  /** Seconds of CPU. */
  cpu: () => Promise<number>
  /** Bytes: what its runtime holds after it has collected its garbage, and all that the process has. */
  memory: () => Promise<{ heap: number; rss: number }>
  /** Starts it anew, without the garbage of what was prepared on it. */
  renew?: () => Promise<void>
  stop: () => Promise<void>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const programs: Record<Exclude<Kind, 'spreed'>, string> = {
  bare: here('bare.mjs'),
  peerjs: here('peerjs.mjs'),
  socketio: here('socketio.mjs'),
  wartezimmer: here('../../dist/main.js'),
}

/** Asks what was loaded into a server's process. */
export async function ask<Answer>({ child }: Spawned, question: string): Promise<Answer> {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer as Answer
}

/** Starts a server without limits by address, since all its clients are on this machine. */
export const spawnKind = (
  kind: Exclude<Kind, 'spreed'>,
  dataDir?: string,
  settings: Record<string, string> = {},
): Promise<Spawned> =>
  spawnServer({
    program: programs[kind],
    flags: ['--expose-gc', '--import', here('probe.mjs')],
    env: { ...unlimited, ...(process.env.FOREIGN && { FOREIGN: process.env.FOREIGN }), ...settings },
    ...(dataDir !== undefined && { dataDir }),
  })

/** @returns where a certificate for 127.0.0.1 is, as settings */
function certificate(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-tls-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = (name: 'cert' | 'key') => {
    writeFileSync(join(folder, name), FIRST[name], { mode: 0o600 })
    return join(folder, name)
  }
  return { WZ_TLS_CERT_FILE: file('cert'), WZ_TLS_KEY_FILE: file('key') }
}

export async function startServer(kind: Kind, tls = false): Promise<Server> {
  if (kind === 'spreed') return startSpreed()
  const spawned = await spawnKind(kind, undefined, tls ? certificate() : {})
  const { port, token } = spawned
  return {
    kind,
    port,
    token,
    tls,
    cpu: () => ask<number>(spawned, 'cpu'),
    memory: async () => ({ heap: await ask<number>(spawned, 'heap'), rss: residentBytes(spawned.pid) }),
    ...(kind === 'wartezimmer' && {
      renew: async () => {
        await spawned.end('SIGTERM')
        await spawned.start()
      },
    }),
    stop: async () => {
      // PeerJS waits for its clients to go, so a signal that can be waited out would not do.
      await spawned.stop(kind === 'wartezimmer' ? 'SIGTERM' : 'SIGKILL')
    },
  }
}
