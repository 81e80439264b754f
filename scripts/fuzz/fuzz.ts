/**
 * Frames and requests broken in every way we could think of, thrown at the compiled server, while a
 * consultation beside them must notice nothing. Says what was sent and answered, and exits 1 for a
 * promise that was broken.
 *
 * npm run fuzz -- [--frames 1000000] [--rest REQUESTS, a fortieth of the frames] [--seed N]
 */
import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { attack, mintRooms } from './attack.ts'
import type { Report, Task } from './bystander.ts'
import { newJudge } from './judge.ts'
import type { Codes } from './players.ts'
import { startServer } from './server.ts'
import { count, newTally, quantile, table } from './tally.ts'

/** MiB that the server may have grown by since the first quarter of the frames was sent. */
const GROWTH = 128
/** ms after which nothing may be left of the attackers: seats are kept for 1 s, and looked after every second. */
const SETTLED_WITHIN = 15_000
const ROOM = 'bystanders'

/** What a run must have seen to be worth anything. */
const REACHED = [
  ...[
    'joined',
    'resumed',
    'lobby',
    'knock',
    'waiting',
    'admitted',
    'peer-joined',
    'peer-away',
    'peer-back',
    'peer-left',
  ],
  ...[
    'signal',
    'pong',
    'held',
    'notice',
    'denied',
    'ended',
    'HTTP 101',
    'HTTP 200',
    'HTTP 201',
    'HTTP 204',
    'HTTP 400',
  ],
  ...['bad_frame', 'bad_message', 'not_joined', 'already_joined', 'forbidden', 'wrong_state', 'no_such_peer'].map(
    error,
  ),
  ...['room_full', 'code_malformed', 'code_unknown', 'code_in_use', 'name_invalid', 'seat_expired'].map(error),
  ...[1000, 1002, 1007, 1009, 4501, 4502, 4503, 4504, 4506, 4507].map((code) => `close ${code}`),
]
function error(code: string): string {
  return `error ${code}`
}

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '1000000' }, rest: { type: 'string' }, seed: { type: 'string' } },
})
const frames = Number(values.frames)
const requests = Number(values.rest ?? Math.ceil(frames / 40))
const seed = Number(values.seed ?? randomInt(2 ** 31))
console.log(`seed ${seed}: npm run fuzz -- --frames ${frames} --rest ${requests} --seed ${seed}`)

const server = await startServer()
const tally = newTally()
const { faults } = tally

const bystander = fork(fileURLToPath(new URL('bystander.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
const { codes } = await server.rest<{ codes: Codes }>('/v1/codes', { room: ROOM, roles: ['host', 'guest'] })
bystander.send({ port: server.port, token: server.token, room: ROOM, codes } satisfies Task)
const [secrets] = (await once(bystander, 'message')) as [string[]]
const strangers = secrets.filter((secret) => /^[\w-]{16}$/.test(secret))
const rooms = await mintRooms(server, strangers)
const socketsBefore = server.sockets()

const memory: { frames: number; rss: number }[] = [{ frames: 0, rss: server.rss() }]
const watching = setInterval(() => {
  if (!server.running()) return
  memory.push({ frames: tally.frames, rss: server.rss() })
  if (memory.length % 30 === 0) console.log(`${tally.frames} frames`)
}, 1000)
const began = performance.now()
const target = { port: server.port, token: server.token, tally, judge: newJudge(tally, secrets) }
await attack(server, target, rooms, ROOM, { seed, frames, requests })
const seconds = (performance.now() - began) / 1000
clearInterval(watching)

/** What is left of the attackers. */
async function left(): Promise<string[]> {
  type Live = { peers: unknown[] }
  const sockets = server.sockets()
  const peopled = await Promise.all(rooms.map(({ name }) => server.rest<Live>(`/v1/rooms/${name}`)))
  const seats = server.seats()
  return [
    ...(peopled.some(({ peers }) => peers.length > 0) ? ['a seat is left in a room'] : []),
    ...(seats.length !== 2 || seats.some((room) => room !== ROOM) ? [`${seats.length} seats are on disk, not 2`] : []),
    ...(sockets > socketsBefore ? [`${sockets} sockets are open, not ${socketsBefore}`] : []),
  ]
}

if (server.running()) {
  let remains = await left()
  for (const end = Date.now() + SETTLED_WITHIN; remains.length > 0 && Date.now() < end; remains = await left()) {
    await wait(500)
  }
  for (const what of remains) count(faults, what)
} else count(faults, 'the server is gone')

const early = Math.max(...memory.filter(({ frames: then }) => then <= frames / 4).map(({ rss }) => rss))
const rssAfter = server.running() ? server.rss() : Number.NaN
const peak = Math.max(...memory.map(({ rss }) => rss))
if (rssAfter > early + GROWTH) count(faults, `the server has grown by more than ${GROWTH} MiB`)

bystander.send('stop')
const [report] = (await once(bystander, 'message')) as [Report]
for (const [what, times] of report.faults) count(faults, `bystanders: ${what}`, times)
const how = await server.stop()
if (how !== 0) count(faults, `the server ended with ${how}`)
for (const complaint of server.complaints) count(faults, `the server complained: ${complaint.trim()}`)
for (const what of REACHED) if (!tally.answers.has(what)) count(faults, `never seen: ${what}`)

const ms = (share: number): string => `${quantile(report.latencies, share).toFixed(2)} ms`
const rows: [string, string][] = [
  ['seconds', seconds.toFixed(1)],
  ['frames', `${tally.frames} (${Math.round(tally.frames / seconds)} per second)`],
  ['HTTP requests', String(tally.requests)],
  ['connections', String(tally.connections)],
  [
    'memory, MiB',
    `${memory[0]?.rss.toFixed(0)} before, ${early.toFixed(0)} in the first quarter, ${peak.toFixed(0)} at most, ${rssAfter.toFixed(0)} after`,
  ],
  [
    'bystanders',
    `${report.heard} signals, p50 ${ms(0.5)}, p99 ${ms(0.99)}, at most ${ms(1)}; ${report.looks} looks over REST; ${report.faults.length} errors`,
  ],
]
console.log(table('sent', tally.sent))
console.log(table('answered', tally.answers))
for (const [what, value] of rows) console.log(`${what.padEnd(15)} ${value}`)
for (const [what, times] of faults) console.log(`BROKEN: ${what}${times > 1 ? ` (${times} times)` : ''}`)
console.log(
  faults.size === 0
    ? 'every promise was kept'
    : `again: npm run fuzz -- --frames ${frames} --rest ${requests} --seed ${seed}`,
)
process.exit(faults.size === 0 ? 0 : 1)
