/** What was sent, what was answered, and which promises were broken. */

export type Counts = Map<string, number>

export type Tally = {
  /** WebSocket frames that were written to a connection that was still open. */
  frames: number
  /** HTTP requests, upgrades not counted. */
  requests: number
  connections: number
  /** What was sent, by the way in which it was broken. */
  sent: Counts
  /** What was answered: types of frames, codes of errors, closes, statuses. */
  answers: Counts
  /** Each broken promise, and how often it was broken. */
  faults: Counts
}

export const newTally = (): Tally => ({
  ...{ frames: 0, requests: 0, connections: 0 },
  ...{ sent: new Map(), answers: new Map(), faults: new Map() },
})

export function count(counts: Counts, what: string, by = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + by)
}

/** Three columns of counts, the largest first. */
export function table(title: string, counts: Counts): string {
  const cells = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([what, n]) => `${what.padEnd(27)} ${String(n).padStart(8)}`)
  const rows = Array.from({ length: Math.ceil(cells.length / 3) }, (_, row) =>
    cells.slice(3 * row, 3 * row + 3).join('   '),
  )
  return [title, ...rows.map((row) => `  ${row}`)].join('\n')
}

/** The value below which a share of all values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
