/**
 * All that this program counts, in the format that Prometheus reads. It is a closed list, like the
 * log's: no label says anything about people, rooms or addresses.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { limitNames } from '../limits/names.ts'
import type { Role, SeatState } from '../protocol/messages.ts'
import { type Count, type CountEvent, WAYS } from './events.ts'

/** As much of a seat as is counted. */
export type SeatReading = { role: Role; state: SeatState; awaySince: number | null }

/** What is read at the moment when somebody asks. */
export type Readings = {
  open: { total: number }
  /** As many as are configured, or as file descriptors allow. */
  connectionsAllowed: number
  hub: {
    rooms: { seats: () => Iterable<SeatReading> }
    relayed: { frames: number; bytes: number }
    /** Tries in a row to write something that have failed. */
    commit: { failures: number }
  }
  record: {
    /** Epoch ms of the last whole sweep, and whether deleted rows are still in the files. */
    sweepState: () => { lastSuccess: number | null; failing: boolean; remaining: boolean }
    bytes: () => number
  }
  /** By how many ms the machine's clock is ahead of `now`; 0 where they agree. */
  clock: { now: () => number; doubt: () => number }
  logLinesLost: () => number
}

export type Metrics = { count: Count; read: (readings: Readings) => void; text: () => Promise<string> }

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `wartezimmer_${name}`, help, labelNames, registers })

  const joins = counter('joins_total', 'Seats taken', ['role'])
  const resumes = counter('resumes_total', 'Seats taken back', ['outcome'])
  const refusals = counter('refusals_total', 'Frames and requests refused', ['door', 'code'])
  const limited = counter('limited_total', 'What a limit has cut or refused', ['limit'])
  // Alerts on a rate need the series to be there before the first time.
  for (const limit of limitNames) limited.inc({ limit }, 0)
  const arrivals = counter('arrivals_total', 'Requests for the signaling address', ['way'])
  for (const way of WAYS) arrivals.inc({ way }, 0)
  const sweeps = counter('sweeps_total', 'Sweeps', ['outcome'])
  const waiting = new Histogram({
    name: 'wartezimmer_waiting_seconds',
    help: 'How long guests waited to be admitted',
    buckets: [15, 60, 180, 300, 600, 900, 1800, 3600],
    registers,
  })

  function count(event: CountEvent): void {
    switch (event.what) {
      case 'joined':
        return joins.inc({ role: event.role })
      case 'resumed':
        return resumes.inc({ outcome: event.outcome })
      case 'admitted':
        return waiting.observe(event.waitedMs / 1000)
      case 'refused':
        return refusals.inc({ door: event.door, code: event.code })
      case 'limited':
        return limited.inc({ limit: event.by })
      case 'arrived':
        return arrivals.inc({ way: event.way })
      case 'swept':
        return sweeps.inc({ outcome: event.failed ? 'failed' : 'done' })
      default:
        event satisfies never
    }
  }

  /** Names where the numbers come from that are not counted, but looked up. */
  function read({ open, connectionsAllowed, hub, record, clock, logLinesLost }: Readings): void {
    const gauge = (name: string, help: string, value: () => number) => {
      const one: Gauge = new Gauge({ name: `wartezimmer_${name}`, help, registers, collect: () => one.set(value()) })
    }
    gauge('connections', 'WebSockets open', () => open.total)
    const allowed = 'WebSockets that may be open: as many as are configured, or as file descriptors allow'
    gauge('connections_allowed', allowed, () => connectionsAllowed)
    gauge('commit_failures', 'Tries in a row to write what happens that have failed', () => hub.commit.failures)
    gauge('database_bytes', 'Size of the database and its log', record.bytes)
    gauge('sweep_age_seconds', 'Since the last whole sweep; NaN before the first one', () => {
      const { lastSuccess } = record.sweepState()
      return lastSuccess === null ? Number.NaN : (clock.now() - lastSuccess) / 1000
    })
    gauge('sweep_failing', '1 while what is due cannot be deleted', () => Number(record.sweepState().failing))
    gauge('wipe_pending', '1 while deleted rows are still in the files', () => Number(record.sweepState().remaining))
    const doubt = 'By how much the clock of the machine is ahead of what it said before; 0 once it is believed'
    gauge('clock_disagreement_seconds', doubt, () => clock.doubt() / 1000)
    gauge('clock_seconds', 'What the server takes for the time, in seconds since 1970', () => clock.now() / 1000)
    const total = (name: string, help: string, value: () => number) => {
      const set = () => {
        one.reset()
        one.inc(value())
      }
      const one: Counter = new Counter({ name: `wartezimmer_${name}`, help, registers, collect: set })
    }
    total('relayed_frames_total', 'Signals relayed', () => hub.relayed.frames)
    total('relayed_bytes_total', 'Bytes of the data of signals relayed', () => hub.relayed.bytes)
    total('log_lines_dropped_total', 'Lines of the log that nobody took in time', logLinesLost)
    new Gauge({
      name: 'wartezimmer_seats',
      help: 'Seats by role, state, and whether their connection is lost',
      labelNames: ['role', 'state', 'presence'],
      registers,
      collect() {
        this.reset()
        for (const { role, state, awaySince } of hub.rooms.seats()) {
          this.inc({ role, state, presence: awaySince === null ? 'present' : 'away' })
        }
      },
    })
    collectDefaultMetrics({ register: registry })
  }

  return { count, read, text: () => registry.metrics() }
}
