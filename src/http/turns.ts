/** Requests take turns, so that nobody in a consultation waits behind a queue of them. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Makes the onRequest hook that lets one request through in each turn of the event loop, in their order. HTTP
 * lets a client ask for many things at once, and each of them may take milliseconds: one after another without
 * a pause they would be a second in which no signal is relayed.
 */
export function takeTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => nextTurn())
    return last
  }
}

/**
 * Makes the preHandler and onSend hooks that let the requests of one share be carried out one after the other. The disk
 * serves all in the order in which they ask: who asks for a thousand things at once waits for them, and nobody else.
 */
export function oneAtATime(shareOf: (request: FastifyRequest) => string) {
  const last = new Map<string, Promise<void>>()
  const ends = new WeakMap<FastifyRequest, () => void>()
  return {
    async begin(request: FastifyRequest, { raw }: FastifyReply): Promise<void> {
      const share = shareOf(request)
      const before = last.get(share) ?? Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      last.set(share, promise)
      void promise.then(() => last.get(share) === promise && last.delete(share))
      // Who hangs up while it waits must not let the next one in before its time.
      const end = () => resolve(before)
      ends.set(request, end)
      // Who has hung up is not always sent an answer.
      if (raw.destroyed) end()
      else raw.once('close', end)
      await before
    },
    async end(request: FastifyRequest): Promise<void> {
      ends.get(request)?.()
    },
  }
}
