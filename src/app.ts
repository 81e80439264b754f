/** Puts the program together: both doors, the conversation and the record. Never listens. */
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config/config.ts'
import { clientModule } from './http/client-module.ts'
import { shareWith } from './http/cors.ts'
import { guard, limitRequests } from './http/guard.ts'
import { secureHeaders } from './http/headers.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { lostPage, pages } from './http/pages.ts'
import { answerProblems } from './http/problems.ts'
import { createServer } from './http/server.ts'
import { cutHandshakes } from './http/tls.ts'
import { ConnectionCounter } from './limits/connection-counter.ts'
import { countPracticeSeats } from './limits/practice-seats.ts'
import { Throttle } from './limits/throttle.ts'
import { TokenBuckets } from './limits/token-buckets.ts'
import type { Log } from './observability/log.ts'
import { createMetrics } from './observability/metrics.ts'
import type { WallClock } from './process/clock.ts'
import { createHeartbeat, INTERVAL } from './process/heartbeat.ts'
import { scheduleMaintenance } from './process/maintenance.ts'
import { FEATURES } from './protocol/messages.ts'
import { inventory } from './record/inventory.ts'
import type { RecordStore } from './record/record.ts'
import { type Admins, ownAddresses, shareOf } from './rest/admins.ts'
import { rest } from './rest/rest.ts'
import type { ConnectionLimits } from './signaling/context.ts'
import type { Timers } from './signaling/group-commit.ts'
import { Hub } from './signaling/hub.ts'
import { iceFor } from './signaling/ice.ts'
import { signaling } from './signaling/upgrade.ts'

export type Parts = {
  config: Config
  admins: Admins
  record: RecordStore
  log: Log
  /** How many lines of the log were lost. */
  logLinesLost: () => number
  clock: WallClock
  every: (ms: number, task: () => void) => () => void
  timers: Timers
}

// One level below the package root, as src/app.ts and as dist/app.js.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export async function createApp(parts: Parts): Promise<FastifyInstance> {
  const { config, admins, record, log, logLinesLost, clock, every, timers } = parts
  const metrics = createMetrics()
  const heartbeat = createHeartbeat(clock.elapsed)
  const practiceSeats = countPracticeSeats(admins.practiceOf)
  let closing = false
  const hub = new Hub(
    {
      ...timers,
      clock,
      lived: heartbeat.lived,
      checkCode: record.checkCode,
      persist: async (changes) => record.persist(changes),
      newSession: record.newId,
      hashToken: record.hashToken,
      isToken: record.isToken,
      count: metrics.count,
      practices: practiceSeats,
      failed: (error) => log({ event: 'failed', where: 'record', error }),
    },
    {
      resumeMs: config.resumeSeconds * 1000,
      longestSeat: config.retentionDays * 86_400_000,
      waitingGuests: config.waitingGuests,
      replay: config.replayKib * 1024,
      iceFor: (peer, now) => iceFor(config, peer, now),
    },
    { version, features: Object.keys(FEATURES) },
  )

  await hub.restore(await record.restore())
  /** Those whose pages are this server's own. */
  let origins: ReadonlySet<string> = new Set()
  let addresses: ReadonlyMap<string, string> = new Map()
  admins.follow(() => {
    const practices = admins.practices()
    practiceSeats.count(hub.rooms.all())
    const own = [config.publicUrl, ...practices.map(({ publicUrl }) => publicUrl)].filter((url) => url !== undefined)
    origins = new Set([...config.allowedOrigins, ...own.map((url) => new URL(url).origin)])
    addresses = ownAddresses(practices, config.publicUrl)
    record
      .knowPractices(practices.map(({ rooms }) => rooms))
      .catch((error) => log({ event: 'failed', where: 'record', error }))
  })
  const requests = new TokenBuckets({ burst: config.requestsPerMinute, perSecond: config.requestsPerMinute / 60 })
  const note = limitRequests(requests, clock.elapsed, metrics.count)
  const app = createServer(config, note, metrics.count)
  // Before the doors' own: from the first goodbye on nobody is let in.
  app.addHook('preClose', async () => {
    closing = true
  })
  answerProblems(app, {
    lostPage: config.pages === 'on' ? lostPage : undefined,
    failed: (error) => log({ event: 'failed', where: 'rest', error }),
    refused: (code) => metrics.count({ what: 'refused', door: 'rest', code }),
  })
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode }) => {
    log({ event: 'request', method, route: routeOptions.url ?? 'none', status: statusCode })
  })
  secureHeaders(app, { https: config.publicUrl?.startsWith('https:') ?? false })
  shareWith(app, new Set(config.allowedOrigins))
  guard(app, config, note, (request) => {
    const admin = admins.of(request)
    return admin && shareOf(admin)
  })
  const refuseTheRest = refuseOtherMethods(app)
  const open = new ConnectionCounter()
  await app.register(signaling, {
    hub,
    clock,
    lived: heartbeat.lived,
    open,
    connections: config.connections,
    connectionsPerSource: config.connectionsPerAddress,
    limits: connectionLimits(config),
    throttle: new Throttle({ perSource: config.wrongCodesPerAddress, perMinute: config.wrongCodesPerMinute }, (by) =>
      metrics.count({ what: 'limited', by }),
    ),
    count: metrics.count,
    failed: (error) => log({ event: 'failed', where: 'signaling', error }),
    eachBeat: (task) => every(INTERVAL, () => heartbeat.beat() && task()),
    origins: {
      allowed: { has: (origin) => origins.has(origin) },
      byHost: config.publicUrl === undefined,
    },
    practiceAt: (host) => addresses.get(host),
    closing: () => closing,
  })
  if (config.tlsCertFile) await app.register(cutHandshakes)
  await app.register(rest, {
    record,
    admins,
    inventory: inventory(config),
    practice: config,
    publicUrl: () => config.publicUrl ?? `${config.tlsCertFile ? 'https' : 'http'}://localhost:${portOf(app, config)}`,
    version,
    now: clock.now,
    elapsed: clock.elapsed,
    clockDoubt: clock.doubt,
    rooms: hub.rooms,
    revoked: (room, code) => hub.revoke(room, code),
    isReady: () => !closing,
    commitsFail: () => hub.commit.failures > 0,
    count: metrics.count,
    metrics: metrics.text,
  })
  await app.register(clientModule)
  if (config.pages === 'on') await app.register(pages, config)
  refuseTheRest()

  metrics.read({ open, connectionsAllowed: config.connections, hub, record, clock, logLinesLost })
  scheduleMaintenance(app, { config, record, hub, requests, log, clock, every, count: metrics.count })
  return app
}

const connectionLimits = (config: Config): ConnectionLimits => ({
  joinWithin: config.joinSeconds * 1000,
  framesPerSecond: config.framesPerSecond,
  bytesPerSecond: config.kibPerSecond * 1024,
  bytesOfAddress: { burst: config.kibPerSecondPerAddress * 10_240, perSecond: config.kibPerSecondPerAddress * 1024 },
  refusalsPerMinute: config.refusalsPerMinute,
  queue: config.queueKib * 1024,
})

/** The port it got, where it was to take a free one. */
function portOf(app: FastifyInstance, config: Config): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : config.port
}
