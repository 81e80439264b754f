/**
 * The process of those who mean no harm: a consultation in session, a patient who dials in every second,
 * an admin who mints every other. It says what they felt, and whatever was not as it should be.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { Party, SAY_EVERY, talk } from '../support/party.ts'

export type Task = { port: number; token: string; host: string; guest: string; patient: string }

/** What was felt since the last time that somebody asked. Latencies in ms. */
export type Felt = { signals: number[]; dialIns: number[]; mints: number[]; errors: string[]; turnedAway: string[] }

const DIAL_IN_EVERY = 1000
const MINT_EVERY = 2000
/** What takes longer has failed. */
const PATIENCE = 5000
/** As long as an offer. */
const TEXT = 'x'.repeat(900)

const FROM = { host: '127.0.1.1', guest: '127.0.1.2', patient: '127.0.1.3', admin: '127.0.1.4' }

const nothing = (): Felt => ({ signals: [], dialIns: [], mints: [], errors: [], turnedAway: [] })
let felt = nothing()

function connect(port: number, localAddress: string): WebSocket {
  const options = { localAddress, handshakeTimeout: PATIENCE }
  return new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1', options)
}

const watching = {
  text: TEXT,
  fault: (what: string) => void felt.errors.push(what),
  heard: (latency: number) => void felt.signals.push(latency),
  /** Others may come into the room, and go. */
  isFault: (frame: ServerFrame, other: string) =>
    ['error', 'held', 'ended'].includes(frame.type) || (frame.type === 'peer-away' && frame.peer === other),
}

const comes = (port: number, who: 'host' | 'guest', code: string) =>
  new Party(connect(port, FROM[who]), { code, name: who }, watching)

/** Dials in with a right code, from the first packet to the seat, and leaves again. */
async function dialIn({ port, patient: code }: Task): Promise<void> {
  const started = performance.now()
  const socket = connect(port, FROM.patient)
  const met = await new Promise<string>((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'join', code, name: 'Patientin' })))
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      if (frame.type === 'error') resolve(frame.code)
      if (frame.type === 'waiting') resolve('waiting')
    })
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', (close) => resolve(`closed with ${close}`))
    setTimeout(() => resolve('no answer'), PATIENCE).unref()
  })
  if (met === 'waiting') felt.dialIns.push(performance.now() - started)
  else felt.turnedAway.push(met)
  if (socket.readyState !== WebSocket.OPEN) return socket.terminate()
  socket.send('{"type":"leave"}')
  await Promise.race([once(socket, 'close'), wait(PATIENCE)])
  socket.terminate()
}

async function mint({ port, token }: Task): Promise<void> {
  const started = performance.now()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const options = { host: '127.0.0.1', port, path: '/v1/codes', method: 'POST', headers, agent: false }
  try {
    const asked = request({ ...options, localAddress: FROM.admin, timeout: PATIENCE }).end('{}')
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    await response.resume().toArray()
    if (response.statusCode === 201) felt.mints.push(performance.now() - started)
    else felt.turnedAway.push(`an admin: ${response.statusCode}`)
  } catch (error) {
    felt.turnedAway.push(`an admin: ${(error as Error).message}`)
  }
}

async function forEver(every: number, act: () => Promise<void>): Promise<never> {
  for (;;) await Promise.all([wait(every), act()])
}

async function run(task: Task): Promise<void> {
  const host = comes(task.port, 'host', task.host)
  const { count } = await talk(host, () => comes(task.port, 'guest', task.guest))
  void forEver(DIAL_IN_EVERY, () => dialIn(task))
  void forEver(MINT_EVERY, () => mint(task))
  process.on('message', async () => {
    // What was said just now has not arrived yet; what has not by then is late, or lost.
    const { sent, heard } = count()
    const underWay = sent - heard
    if (underWay > (2 * PATIENCE) / SAY_EVERY) felt.errors.push(`${underWay} signals are under way`)
    const told = felt
    felt = nothing()
    process.send?.(told)
  })
  process.send?.(nothing())
}

process.once('message', (task: Task) => void run(task))
process.on('disconnect', () => process.exit())
process.send?.('ready')
