/** Times as they are typed and printed, in a time zone that is named and never the machine's. */
import type { Read } from '../config/values.ts'

const DAY = 86_400_000

/**
 * Reads a time as an instant (ms since 1970): without an offset as the clocks of the zone show it, a day as its
 * midnight. What they show twice, since they are put back, is the first of the two, as in Temporal.
 */
export const time =
  (zone: string): Read<number> =>
  (given) => {
    const [, day, clock = '00:00', named] =
      /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(given) ?? []
    const local = `${day}T${clock}`
    const utc = Date.parse(`${local}Z`)
    // Date turns 31 February and 24:00 into the day after; here they are mistakes.
    if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(local) || Number.isNaN(Date.parse(given)))
      throw `a time such as 2026-12-01T10:00 or 2026-12-01T10:00+01:00, or a day, not ${given}`
    if (named) return Date.parse(given)
    // The clocks go as they do a day before or a day after; where they are changed in between, only one may fit.
    for (const offset of [offsetAt(utc - DAY, zone), offsetAt(utc + DAY, zone)]) {
      const instant = Date.parse(local + offset)
      if (offsetAt(instant, zone) === offset) return instant
    }
    throw `a time that there is: clocks in ${zone} are put forward past ${local}`
  }

/** An instant as the clocks of the zone show it, with their offset: 2026-12-01T10:00+01:00, which `time` reads again. */
export function printTime(instant: number, zone: string): string {
  // Swedes write as ISO 8601 does.
  const local = new Date(instant).toLocaleString('sv-SE', { timeZone: zone }).slice(0, 16)
  return local.replace(' ', 'T') + offsetAt(instant, zone)
}

/** How far the clocks of the zone are ahead of UTC at an instant: +01:00. */
function offsetAt(instant: number, zone: string): string {
  const name = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).format(instant)
  return /GMT([+-]\d\d:\d\d)/.exec(name)?.[1] ?? '+00:00'
}
