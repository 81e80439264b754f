/** How thoroughly the bench measures: for the README, or whether it runs. */

export type Effort = {
  /** How often each server is measured, after one turn that is thrown away, so that what runs is compiled. */
  turns: number
  /** How long the parts of a turn last, and what is thrown away. ms */
  warmUp: number
  load: number
  pace: number
  calls: number
  /** Who dials in, each turn. */
  callers: number
  /** In how many rooms, at the same rate. */
  rooms: readonly number[]
  roomsPerSecond: number
  /** Connections at the two points between which the memory's slope is taken. */
  counts: readonly [number, number]
  /** Longer than the 25 s between two pings, so that nothing is kept to be sent again; and how long those are watched. ms */
  idle: number
  watch: number
}

export const full: Effort = {
  turns: 12,
  warmUp: 2_500,
  load: 700,
  pace: 2_000,
  calls: 3_000,
  callers: 1_000,
  rooms: [10, 1_000, 4_500],
  roomsPerSecond: 8_000,
  counts: [1_000, 9_000],
  idle: 28_000,
  watch: 60_000,
}
export const quick: Effort = {
  turns: 1,
  warmUp: 500,
  load: 200,
  pace: 200,
  calls: 200,
  callers: 100,
  rooms: [10, 50, 100],
  roomsPerSecond: 2_000,
  counts: [100, 500],
  idle: 0,
  watch: 2_000,
}
