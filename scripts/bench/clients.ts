/** Client processes as the bench sees them: one order at a time, one answer each. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Order } from './client.ts'
import type { Server } from './servers.ts'

export type Client = {
  open: (pairs: number) => Promise<void>
  /** Keeps so many signals in flight in each pair, until `rest`. */
  load: (inFlight: number) => Promise<void>
  /** How many signals have arrived so far. */
  count: () => Promise<number>
  rest: () => Promise<void>
  /** Latencies in ms, sorted. */
  pace: (perSecond: number, ms: number) => Promise<number[]>
  stop: () => void
}

/** A client process with its own source address, as one address has ports for 28,000 connections at most. */
export async function startClient(server: Server, pairs: number, localAddress = '127.0.0.1'): Promise<Client> {
  const child = fork(fileURLToPath(new URL('client.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const ask = <Answer>(order: Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const broken = () => reject(new Error(`a client of ${server.kind} broke down`))
      child.once('exit', broken)
      child.once('message', (answer) => {
        child.off('exit', broken)
        resolve(answer as Answer)
      })
      child.send(order)
    })
  const { kind, port, token } = server
  await ask({ do: 'prepare', kind, target: { port, token, localAddress }, pairs })
  return {
    open: (pairs) => ask({ do: 'open', pairs }),
    load: (inFlight) => ask({ do: 'load', inFlight }),
    count: () => ask({ do: 'count' }),
    rest: () => ask({ do: 'rest' }),
    pace: (perSecond, ms) => ask({ do: 'pace', perSecond, ms }),
    stop: () => child.kill('SIGKILL'),
  }
}
