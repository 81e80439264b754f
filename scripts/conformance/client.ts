/** What a client is put through: a consultation in which everything happens that may happen. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { MAX_SERVER_FRAME } from '../../src/protocol/messages.ts'
import { type Robot, startRobot } from '../robot/robot.ts'
import { spawnServer } from '../support/server.ts'
import { openMiddle } from './middle.ts'
import { type ClientRule, clientRules, Verdict } from './rules.ts'
import { Watch } from './watch.ts'

export type Role = 'guest' | 'host'

/** How long things may take, ms: to come at all, and to be found out where nobody says anything. */
const SOON = 30_000
const AT_LAST = 90_000
/** How long somebody who should not come again has to be gone. */
const GONE = 8_000

/** The client does not come again, so that nothing more can be tried with it. */
class Gone extends Error {}

/**
 * Runs a client against a server of its own, and judges it.
 * @param command the client's, with {url}, {code} and {role} in it
 * @param silence whether to wait for a minute and a half for it to notice that nobody says anything any more
 */
export async function judgeClient(command: string, role: Role, silence: boolean): Promise<Verdict<ClientRule>> {
  const verdict = new Verdict(clientRules)
  const watch = new Watch(verdict, role === 'guest')
  const server = await spawnServer({ env: { WZ_REQUESTS_PER_MINUTE: '100000' } })
  const direct = () => `${server.url.replace('http', 'ws')}/v1/signal`
  const middle = await openMiddle(direct, watch)
  const { codes } = await server.mint()
  const [own, other] = role === 'host' ? codes : codes.toReversed()

  const text = command
    .replaceAll('{url}', middle.url)
    .replaceAll('{code}', own ?? '')
    .replaceAll('{role}', role)
  const client = spawn('sh', ['-c', `exec ${text}`], { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
  const robot = startRobot(direct(), other ?? '', 'Roboter')
  if (role === 'guest') letIn(robot)

  try {
    const runs = () => client.exitCode === null && client.signalCode === null
    await trials(verdict, { watch, server, middle, robot, role, silence, runs })
  } catch (error) {
    if (!(error instanceof Gone)) throw error
  } finally {
    if (client.exitCode === null && client.signalCode === null) {
      const ended = once(client, 'exit')
      process.kill(-(client.pid ?? 0), 'SIGTERM')
      const timer = setTimeout(() => process.kill(-(client.pid ?? 0), 'SIGKILL'), 3_000)
      await ended
      clearTimeout(timer)
    }
    robot.stop()
    middle.stop()
    await server.stop()
  }
  return verdict
}

/** Whoever waits and is there is let in, again and again. */
function letIn(robot: Robot): void {
  robot.every(500, () => {
    for (const { peer, state, present } of robot.client.view.lobby) {
      if (state === 'waiting' && present) robot.client.admit(peer)
    }
  })
}

type Scene = {
  watch: Watch
  server: Awaited<ReturnType<typeof spawnServer>>
  middle: Awaited<ReturnType<typeof openMiddle>>
  robot: Robot
  role: Role
  silence: boolean
  /** Whether the client's program does. */
  runs: () => boolean
}

async function trials(verdict: Verdict<ClientRule>, scene: Scene): Promise<void> {
  const { watch, server, middle, robot, role, silence, runs } = scene
  const { lines } = middle
  const line = () => {
    const last = lines.at(-1)
    if (!last) throw new Gone()
    return last
  }
  const seated = () =>
    lines.at(-1)?.told.some((type) => type === 'joined' || type === 'resumed') === true && line().open
  /** Waits until something is so, or nobody is there any more. @returns whether it was in time */
  async function until(condition: () => boolean, patience = SOON): Promise<boolean> {
    const end = performance.now() + patience
    while (performance.now() < end && runs() && !condition()) await wait(50)
    return condition()
  }
  /** Sound and pictures come to the other side. */
  async function flows(patience = SOON): Promise<boolean> {
    const { video, audio } = robot.received
    return until(() => robot.received.video > video + 5 && robot.received.audio > audio + 5, patience)
  }
  /** Something happens to the line, and the client has to come again. @returns how many ms that took */
  async function comesAgain(rule: ClientRule, trouble: () => unknown, patience = SOON): Promise<number> {
    const before = lines.length
    const began = performance.now()
    await trouble()
    const came = await until(() => lines.length > before && seated(), patience)
    verdict.note(rule, !came && 'it did not come again')
    if (!came) throw new Gone()
    return (lines[before]?.at ?? 0) - began
  }

  const came = await until(seated)
  verdict.note('first', !came && 'it has not joined')
  const calls = came && (await flows(60_000))
  verdict.note('call', !calls && 'no sound and picture come from it')
  if (!calls) throw new Gone()
  verdict.note('pong', !(await line().ping()) && 'a ping was not answered with its own payload')
  line().tell({ type: 'x-weather', sky: 'blue' })
  verdict.note('lenient', !(await flows()) && 'after a message that it does not know no more sound and picture come')
  const { length } = lines
  line().tell({ type: 'x-landscape', hills: '^'.repeat(MAX_SERVER_FRAME - 100) })
  verdict.note('large', (!(await flows()) || lines.length > length) && 'a frame of 512 KiB has cost it its connection')

  // Nothing is under way, so what it has seen is certain.
  await wait(1_000)
  watch.exact = true
  await comesAgain('lost', () => line().cut())
  verdict.note('media', !(await flows()) && 'after a lost line no more sound and picture come')
  watch.exact = false

  if (role === 'guest') {
    await comesAgain('replayed', () => {
      line().cut()
      for (const { peer } of robot.client.view.peers) robot.client.hold(peer)
    })
    verdict.note(
      'replayed',
      !(await flows(60_000)) && 'put back while it was away, and let in again: no sound and picture',
    )
  }

  await comesAgain('restart', async () => {
    await server.end('SIGKILL')
    await server.start()
  })
  verdict.note('restart', !(await flows(60_000)) && 'after a kill of the server no more sound and picture come')
  await wait(2_000)
  verdict.note('signals')
  await comesAgain('restarting', async () => {
    await server.end('SIGTERM')
    await server.start()
  })
  await flows(60_000)

  const pause = await comesAgain('throttled', () => {
    line().tell({ type: 'error', code: 'throttled', message: 'too much', retryAfter: 4 })
    line().close(4029)
  })
  verdict.note('throttled', pause < 3_900 && `it has come again after ${Math.round(pause)} ms of 4 s`)

  if (silence) await comesAgain('silence', () => line().silence(), AT_LAST)
  await until(() => robot.client.view.peers.some(({ present }) => present))

  // The last thing that happens to it.
  const before = lines.length
  if (role === 'guest') robot.client.end()
  else line().close(4501)
  await until(() => !line().open)
  await wait(GONE)
  verdict.note('stop', lines.length > before && 'it has come again after it was over')
}
