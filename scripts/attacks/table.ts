/** What is printed: a row for each attack, and below it what was broken. */
import type { Attack, Counts } from './attack.ts'
import type { Felt } from './honest.ts'

export type Row = {
  attack: Attack
  /** Per second. */
  thrown: number
  counts: Counts
  quiet: Felt
  beside: Felt
  during: Felt
  met: Counts
  /** MiB */
  rss: { before: number; peak: number; after: number }
  /** ms */
  loop: number
  faults: string[]
}

function quantile(values: readonly number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return value === undefined ? '–' : value < 10 ? value.toFixed(1) : value.toFixed(0)
}

const felt = ({ signals }: Felt): string => [0.5, 0.99, 1].map((share) => quantile(signals, share)).join('/')
const listed = (counts: Counts): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')

const line = (cells: readonly string[]): string =>
  cells.map((cell, index) => cell.padEnd([17, 17, 13, 13, 13, 9, 7, 13, 6][index] ?? 0)).join(' ')

export const header = [
  'Signals of an honest consultation, p50/p99/worst in ms: while all is quiet; while the same attack hits a twin of the',
  'server on this machine (the baseline); while it hits this server. Dialling in: p50/worst, ms. Failed: those of',
  'dial-ins and mints. RSS in MiB: before/peak/after. Loop: p99 of its delay, ms, of which 10 are the grain.',
  '',
  line(['attack', 'thrown, a second', 'quiet', 'baseline', 'attacked', 'dial-in', 'failed', 'RSS', 'loop', 'met']),
].join('\n')

export function row({ attack, thrown, quiet, beside, during, met, rss, loop, faults }: Row): string {
  const { dialIns, mints, turnedAway } = during
  const cells = [
    attack.name,
    `${thrown.toFixed(0)} ${attack.thrown}`,
    ...[quiet, beside, during].map(felt),
    `${quantile(dialIns, 0.5)}/${quantile(dialIns, 1)}`,
    `${turnedAway.length}/${turnedAway.length + dialIns.length + mints.length}`,
    [rss.before, rss.peak, rss.after].map((mib) => mib.toFixed(0)).join('/'),
    loop.toFixed(0),
    listed(met) || 'nothing',
  ]
  return [line(cells), ...faults.map((fault) => `  BROKEN ${fault}`)].join('\n')
}
