/** What the server does by itself, again and again: delete, wipe, renew credentials, note that it lives. */
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/config.ts'
import type { Clock } from '../contract/clock.ts'
import type { TokenBuckets } from '../limits/token-buckets.ts'
import type { Count } from '../observability/events.ts'
import type { Log } from '../observability/log.ts'
import type { RecordStore } from '../record/record.ts'
import type { Hub } from '../signaling/hub.ts'

const MINUTE = 60_000
/** Another program that reads the database does so for seconds, mostly. */
const WIPE_EVERY = 10_000

export type Maintenance = {
  config: Config
  record: RecordStore
  hub: Hub
  requests: TokenBuckets
  count: Count
  log: Log
  clock: Clock
  /** Runs a task every so many ms; returns what stops it. */
  every: (ms: number, task: () => void) => () => void
}

/** Starts all of them with the app, and stops them with it. */
export function scheduleMaintenance(
  app: FastifyInstance,
  { config, record, hub, requests, count, log, clock, every }: Maintenance,
): void {
  const sweep = async (): Promise<void> => {
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
  const noteAlive = (): void => {
    try {
      record.noteAlive(clock.now())
      hub.recovered()
    } catch (error) {
      log({ event: 'failed', where: 'record', error })
    }
  }
  const stops = [
    every(config.sweepMinutes * MINUTE, sweep),
    every(WIPE_EVERY, () => {
      record.retryWipe()
      // Where nothing can be written nobody dials in, so nothing else would show that it can be again.
      if (hub.failures > 0) noteAlive()
    }),
    every(config.turnTtlSeconds * 500, () => hub.refreshIce()),
    every(MINUTE, () => {
      noteAlive()
      requests.forget(clock.elapsed())
    }),
  ]
  app.addHook('onReady', async () => {
    noteAlive()
    // Nobody waits for it: after a long time out of service there may be much to delete.
    void sweep()
  })
  app.addHook('onClose', async () => {
    for (const stop of stops) stop()
    await hub.settled()
    noteAlive()
  })
}
