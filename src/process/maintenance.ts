/** What the server does by itself, again and again: delete, wipe, renew credentials, note that it lives, look at the clock. */
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/config.ts'
import type { TokenBuckets } from '../limits/token-buckets.ts'
import type { Count } from '../observability/events.ts'
import type { Log } from '../observability/log.ts'
import type { RecordStore } from '../record/record.ts'
import type { Hub } from '../signaling/hub.ts'
import type { WallClock } from './clock.ts'

const SECOND = 1_000
const MINUTE = 60_000
/** Another program that holds the database up does so for seconds, mostly. */
const RETRY_EVERY = 10_000

export type Maintenance = {
  config: Config
  record: RecordStore
  hub: Hub
  requests: TokenBuckets
  count: Count
  log: Log
  clock: WallClock
  /** Runs a task every so many ms; returns what stops it. */
  every: (ms: number, task: () => void) => () => void
}

/** Starts all of them with the app, and stops them with it. */
export function scheduleMaintenance(
  app: FastifyInstance,
  { config, record, hub, requests, count, log, clock, every }: Maintenance,
): void {
  let putOff = false
  const sweep = async (): Promise<void> => {
    // What is deleted by a wrong clock is gone for good.
    putOff = clock.doubt() !== 0
    if (putOff) return
    try {
      hub.retire()
    } catch (error) {
      log({ event: 'failed', where: 'signaling', error })
    }
    const { deleted, remaining, failed } = await record.sweep(clock.now())
    count({ what: 'swept', failed: failed !== undefined })
    if (failed !== undefined) log({ event: 'sweep_failed', error: failed })
    else if (deleted > 0 || remaining) log({ event: 'swept', deleted, wiped: !remaining })
  }
  const noteAlive = async (): Promise<void> => {
    try {
      await record.noteAlive(clock.now(), hub.notes())
      hub.commit.recovered()
    } catch (error) {
      // A server without its files would lose everybody at the next restart, and share the folder with another one.
      if ((error as { code?: string }).code === 'DATA_FOLDER_REPLACED') throw error
      log({ event: 'failed', where: 'record', error })
    }
  }
  const lookAtClock = (): void => {
    const change = clock.look()
    if (change === undefined) return
    if (change === 'doubted') return log({ event: 'clock_doubted', aheadSeconds: Math.round(clock.doubt() / 1000) })
    log({ event: change === 'followed' ? 'clock_followed' : 'clock_agrees' })
    // What is on disk was said by the clock as it was before.
    void noteAlive()
    if (putOff) void sweep()
  }
  const stops = [
    every(SECOND, lookAtClock),
    every(config.sweepMinutes * MINUTE, sweep),
    every(RETRY_EVERY, () => {
      record.retry()
      // Where nothing can be written nobody dials in, so nothing else would show that it can be again.
      if (hub.commit.failures > 0) void noteAlive()
    }),
    every(config.turnTtlSeconds * 500, () => hub.refreshIce()),
    every(MINUTE, () => {
      void noteAlive()
      requests.forget(clock.elapsed())
    }),
  ]
  app.addHook('onReady', async () => {
    await noteAlive()
    // Nobody waits for it: after a long time out of service there may be much to delete.
    void sweep()
  })
  app.addHook('onClose', async () => {
    for (const stop of stops) stop()
    await hub.commit.settled()
    await noteAlive()
  })
}
