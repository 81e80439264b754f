/** What the REST door needs of the program. */
import type { Practice } from '../http/pages.ts'
import type { Count } from '../observability/events.ts'
import type { SeatReading } from '../observability/metrics.ts'
import type { DataCategory } from '../record/inventory.ts'
import type { RecordStore } from '../record/record.ts'
import type { Admins } from './admins.ts'

/** As much of a room as admins may see; instants in epoch ms, and by the clock that nobody can set. */
export type LiveRoom = {
  name: string
  session: { id: string; start: number; began: number } | null
  seats: readonly (SeatReading & { since: number; came: number })[]
}

export type RestOptions = {
  record: RecordStore
  admins: Admins
  /** Everything that is kept, with the periods of this configuration. */
  inventory: readonly DataCategory[]
  /** Whose accessibility statement it is. */
  practice: Pick<Practice, 'practiceName' | 'imprintUrl'>
  /** Base of the links in mint answers; asked when it is needed, since the port may be known late. */
  publicUrl: () => string
  /** The version of this program, for the descriptions. */
  version: string
  /** The present instant, epoch ms. */
  now: () => number
  /** The same by the clock that nobody can set, ms. */
  elapsed: () => number
  /** By how many ms the machine's clock is ahead of that; 0 where they agree. */
  clockDoubt: () => number
  /** The rooms in which somebody has a seat right now. */
  rooms: { get: (room: string) => LiveRoom | undefined; all: () => Iterable<LiveRoom> }
  /** A code was revoked: closes the seat that was taken with it. */
  revoked: (room: string, code: string) => Promise<void>
  count: Count
  /** The metrics of the whole server, in Prometheus' text format. */
  metrics: () => Promise<string>
  /** True while what happens cannot be written: nobody can dial in. */
  commitsFail: () => boolean
  /** False while the server is stopping. */
  isReady: () => boolean
}
