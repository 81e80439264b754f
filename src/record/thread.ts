/** Threads with functions that are called by messages: what one of them does holds up only whoever waits for it. */
import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import { StartupError } from '../config/startup-error.ts'
import { type ErrorFacts, Refusal } from '../protocol/errors.ts'

/** The functions of a thread, as they are seen from outside. */
export type Remote<Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never
}

// biome-ignore lint/suspicious/noExplicitAny: with `unknown` no function would be one of these
type Callable = (...args: any[]) => unknown
type Call = { name: string; args: unknown[]; at: number }
type Answer = { result: unknown } | { fault: Fault }
type Fault = { type: string; message: string; code?: string; facts?: ErrorFacts; stack?: string | undefined }

/** Monotonic, and the same in all threads, in ms. */
const uptime = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** As text: a page of 500 rows is read from that three times as fast as from a structured clone, while signals wait. */
const say = (answer: Answer): void => parentPort?.postMessage(JSON.stringify(answer))

/** What would be lost of an error is its class, its message and its code. */
const describe = ({ name, message, code, facts, stack }: Error & Partial<Refusal>): Fault => ({
  type: name,
  message,
  stack,
  ...(code !== undefined && { code }),
  ...(facts !== undefined && { facts }),
})

function revive({ type, message, code, facts, stack }: Fault): Error {
  if (type === 'StartupError') return new StartupError(...message.split('\n'))
  if (type === 'Refusal') return new Refusal(code as Refusal['code'], message, facts)
  return Object.assign(new Error(message), { name: type, code, stack })
}

/**
 * Starts a program that calls `serve`.
 * @returns its functions; calls are carried out one after the other. They reject with what was thrown: a Refusal,
 *   or an error with its code. A thread that dies takes the process with it, since nobody could do its work.
 * @throws what it threw when it opened
 */
export async function startThread<Functions>(program: URL, given: unknown): Promise<Remote<Functions>> {
  // The secrets in the environment are none of its business.
  const worker = new Worker(program, { workerData: given, env: {} })
  const exited = once(worker, 'exit')
  let started = false
  const asked: PromiseWithResolvers<unknown>[] = []
  const ask = (): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>()
    asked.push(answer)
    worker.ref()
    return answer.promise
  }
  worker.on('message', (text: string) => {
    const answer = JSON.parse(text) as Answer
    const first = asked.shift()
    // The process may end while nobody waits for an answer.
    if (asked.length === 0 && started) worker.unref()
    if ('fault' in answer) first?.reject(revive(answer.fault))
    else first?.resolve(answer.result)
  })
  const opened = ask()
  // What it had open is let go of with its end.
  const names = (await opened.catch(() => exited.then(() => opened))) as string[]
  started = true
  worker.unref()
  const call = (name: string) => {
    return (...args: unknown[]) => {
      worker.postMessage({ name, args, at: uptime() } satisfies Call)
      return ask()
    }
  }
  return Object.fromEntries(names.map((name) => [name, call(name)])) as Remote<Functions>
}

/**
 * What the program of a thread does: opens its functions and carries out what is asked. After `close` it ends.
 * @param before called before each function, with the ms that it had to wait for its turn
 */
export function serve<Functions extends { close: Callable } & { [name: string]: Callable }>(
  open: () => Functions,
  before: (functions: Functions, waited: number) => void = () => {},
): void {
  const answer = (act: () => unknown): boolean => {
    try {
      say({ result: act() })
      return true
    } catch (error) {
      say({ fault: describe(error as Error) })
      return false
    }
  }
  const opened = answer(() => {
    const functions = open()
    parentPort?.on('message', ({ name, args, at }: Call) => {
      answer(() => {
        before(functions, uptime() - at)
        return functions[name]?.(...args)
      })
      if (name === 'close') parentPort?.close()
    })
    return Object.keys(functions)
  })
  if (!opened) parentPort?.close()
}
