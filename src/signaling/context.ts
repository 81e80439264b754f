/** What a connection needs of the server, and what it may cost. */
import type { Clock } from '../contract/clock.ts'
import type { Source } from '../limits/connection-counter.ts'
import type { Throttle } from '../limits/throttle.ts'
import type { Count } from '../observability/events.ts'
import type { BudgetLimits } from './budget.ts'
import type { Transport } from './channel.ts'
import type { Hub } from './hub.ts'

/** What one connection may cost. */
export type ConnectionLimits = BudgetLimits & {
  /** Milliseconds until it has to have joined. */
  joinWithin: number
  /** Bytes that may wait for a slow reader before it is cut; it can resume. */
  queue: number
}

/** A connection as the door keeps it. */
export type OpenConnection = Transport & {
  /** Where it comes from; shared by all connections from there. */
  readonly source: Source
  /** Called every second or so with the time in which this process could hear, in ms. */
  tick(lived: number): void
}

/** What a connection needs of the server. */
export type ConnectionContext = {
  limits: ConnectionLimits
  /** Asked before a code is looked at, and told of those that do not exist. */
  throttle: Pick<Throttle, 'check' | 'failed'>
  count: Count
  /** Told when the connection is closed, on whichever side. */
  gone: (connection: OpenConnection) => void
  /** A part of the time between two pings, another for each. */
  untilFirstPing: (every: number) => number
  hub: Hub
  clock: Clock
  /** The time in which this process could hear, ms. */
  lived: () => number
  /** Hears of errors that are this program's own. */
  failed: (error: unknown) => void
}
