/** Client processes as the bench sees them: one order at a time, one answer each. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Client as Orders, Rooms } from './client.ts'
import type { Server } from './servers.ts'

export type Client = Orders & { stop: () => void }

/** Starts a process of those who will talk to a server, with rooms ready for them, and nobody connected yet. */
export async function startClient(
  { kind, port, token, tls = false }: Pick<Server, 'kind' | 'port' | 'token' | 'tls'>,
  rooms: Rooms,
  localAddress?: string,
): Promise<Client> {
  const child = fork(fileURLToPath(new URL('client.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    // The certificate is nobody's.
    env: { ...process.env, ...(tls && { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }) },
  })
  const ask = <Answer>(name: string, ...given: unknown[]): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const broken = () => reject(new Error(`a client of ${kind} broke down`))
      child.once('exit', broken)
      child.once('message', (answer) => {
        child.off('exit', broken)
        resolve(answer as Answer)
      })
      child.send({ name, with: given })
    })
  await ask('begin', kind, { port, token, tls, localAddress }, rooms)
  const orders = ['open', 'load', 'pace', 'calls', 'dial', 'comeBack', 'leave', 'visit', 'cpu'] as const
  const bound = orders.map((name) => [name, (...given: unknown[]) => ask(name, ...given)])
  return { ...(Object.fromEntries(bound) as Orders), stop: () => child.kill('SIGKILL') }
}
