/** What is counted of each practice: what it takes of the server, beside what it may take. */
import { Gauge, Registry } from 'prom-client'
import type { SeatReading } from './metrics.ts'

export type PracticeReadings = {
  /** What the names of its rooms begin with. */
  rooms: string
  seats: Iterable<SeatReading>
  seatsAllowed?: number | undefined
  codesToday: number
  codesAllowed?: number | undefined
}

/**
 * In the format that Prometheus reads.
 * @param named whether each practice is named; its own does not need that
 */
export async function practiceMetrics(
  practices: readonly PracticeReadings[],
  { named }: { named: boolean },
): Promise<string> {
  const registry = new Registry()
  const gauge = (name: string, help: string, ...labels: string[]) =>
    new Gauge({
      name: `wartezimmer_practice_${name}`,
      help,
      labelNames: named ? ['rooms', ...labels] : labels,
      registers: [registry],
    })
  const taken = gauge('seats', 'Seats in the rooms of a practice', 'role', 'state', 'presence')
  const seatsAllowed = gauge('seats_allowed', 'Seats that guests may have there, and as many hosts and staff')
  const minted = gauge('codes_today', 'Codes that its admins have minted today (UTC)')
  const codesAllowed = gauge('codes_allowed', 'Codes that they may mint in a day')
  for (const { rooms, seats, ...own } of practices) {
    const labels: Record<string, string> = named ? { rooms } : {}
    for (const { role, state, awaySince } of seats) {
      taken.inc({ ...labels, role, state, presence: awaySince === null ? 'present' : 'away' })
    }
    minted.set(labels, own.codesToday)
    seatsAllowed.set(labels, own.seatsAllowed ?? Number.POSITIVE_INFINITY)
    codesAllowed.set(labels, own.codesAllowed ?? Number.POSITIVE_INFINITY)
  }
  return registry.metrics()
}
