/** Somebody who dials in and leaves again, over and over: how long until the seat is confirmed. */
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'

const EVERY = 50

/** @returns what ends it, and says how long each took, in ms; who was never told counts for as long as was waited */
export function keepJoining(port: number, code: string, patience = 5_000): () => Promise<number[]> {
  const took: number[] = []
  let going = true
  async function one(): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, ['wartezimmer.v1'])
    socket.on('error', () => {})
    await once(socket, 'open')
    const asked = performance.now()
    socket.send(JSON.stringify({ type: 'join', id: 1, code, name: 'Erika Mustermann' }))
    await Promise.race([once(socket, 'message'), wait(patience)])
    took.push(performance.now() - asked)
    socket.send('{"type":"leave","id":2}')
    await Promise.race([once(socket, 'close'), wait(patience)])
    socket.terminate()
  }
  const done = (async () => {
    while (going) {
      await one()
      await wait(EVERY)
    }
  })()
  return async () => {
    going = false
    await done
    return took
  }
}
