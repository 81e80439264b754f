/**
 * A consultation that has nothing to do with all this: a host and a guest say something to each other
 * at an even pace, in a process of their own, and note whatever is not as it should be.
 */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { Party, talk } from '../support/party.ts'
import type { Codes } from './players.ts'
import { count as add, type Counts } from './tally.ts'

export type Task = { port: number; token: string; room: string; codes: Codes }
export type Report = { sent: number; heard: number; looks: number; latencies: number[]; faults: [string, number][] }

const LOOK_EVERY = 250
/** What was said last has that long to arrive. */
const LAST_WORDS = 3000

/** Nobody else says this, so nobody else may ever hear it. */
const MARK = 'only-the-bystanders-know'
const NAMES = { host: 'Praxis am Rande', guest: 'Patientin am Rande' }
/** Unchanged means: to the last character. */
const TEXT = `${MARK} ä\u{1f600}\u2028"\\\n`

const faults: Counts = new Map()
const fault = (what: string): void => add(faults, what)
const latencies: number[] = []
let looks = 0

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Live = {
  host: string
  waiting: number
  admitted: number
  session: { id: string } | null
  peers: { role: string; state: string; present: boolean }[]
}

const watching = {
  text: TEXT,
  fault,
  heard: (latency: number) => void latencies.push(latency),
  isFault: ({ type }: ServerFrame) => type !== 'signal',
}

function comes(port: number, { role, code }: Codes[number]): Party {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1')
  return new Party(socket, { code, name: NAMES[role] }, watching)
}

/** What REST says of the room must be the truth. */
async function look({ port, token, room }: Task, session: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const [response] = await once(
    get({ host: '127.0.0.1', port, path: `/v1/rooms/${room}`, headers, agent: false }),
    'response',
  )
  const { statusCode } = response as IncomingMessage
  const said = JSON.parse(Buffer.concat(await (response as IncomingMessage).toArray()).toString()) as Live
  looks += 1
  const peers = said.peers?.map(({ role, state, present }) => `${role} ${state} ${present}`).join()
  const truth =
    said.host === 'present' &&
    said.waiting === 0 &&
    said.admitted === 1 &&
    said.session?.id === session &&
    peers === 'host admitted true,guest admitted true'
  if (statusCode !== 200 || !truth) fault('REST did not tell the truth')
}

async function run(task: Task): Promise<void> {
  const { port, codes } = task
  const [first, second] = codes
  if (!first || !second) throw new Error('two codes are needed')
  const { session, peers, count, stop } = await talk(comes(port, first), () => comes(port, second))
  const timer = setInterval(() => look(task, session).catch(() => fault('REST did not answer')), LOOK_EVERY)
  process.send?.([MARK, ...Object.values(NAMES), ...peers, ...codes.map(({ code }) => code)])
  process.once('message', async () => {
    stop()
    clearInterval(timer)
    for (let left = LAST_WORDS; count().heard < count().sent && left > 0; left -= 50) await wait(50)
    const { sent, heard } = count()
    if (heard !== sent) fault(`of ${sent} signals ${heard} arrived`)
    process.send?.({ sent, heard, looks, latencies, faults: [...faults] } satisfies Report, () => process.exit(0))
  })
}

process.once('message', (task: Task) => void run(task))
