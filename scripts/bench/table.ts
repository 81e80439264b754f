/** What was measured as a table in Markdown. */
import type { Figures, Use } from './measure.ts'
import { type Kind, titles } from './servers.ts'

export function median(numbers: readonly number[] = []): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}

/** The median of the ratios, not the ratio of the medians: what is compared was measured at the same time. */
export function ratio({ row, of }: Figures, one: Kind, other: Kind): number {
  if (row.alone && other === 'bare') return Number.NaN
  const others = of[other] ?? []
  return median(of[one]?.map((value, turn) => value / (others[turn] ?? Number.NaN)))
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const shown = (value: number, digits: number, unit = '') =>
  Number.isFinite(value) ? value.toFixed(digits) + unit : '–'

export function table(figures: readonly Figures[], kinds: readonly Kind[]): string {
  const compared = (['bare', 'peerjs'] as const).filter((kind) => kinds.includes(kind))
  const rows = figures.map((one) => {
    const { title, unit, digits } = one.row
    const values = kinds.map((kind) => shown(median(one.of[kind]), digits))
    return [`${title}, ${unit}`, ...values, ...compared.map((kind) => shown(ratio(one, 'wartezimmer', kind), 2, '×'))]
  })
  const head = ['', ...kinds.map((kind) => titles[kind]), ...compared.map((kind) => `ours / ${titles[kind]}`)]
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...rows].map(line).join('\n')
}

/** Where the clients were as busy as that, in cores, more of the same would say nothing about the server. */
export function busy(uses: readonly Use[]): string {
  const greatest = (of: 'server' | 'client') => Math.max(...uses.map((use) => median(use[of])))
  return `Of a core the busiest client used ${greatest('client').toFixed(2)}, the busiest server ${greatest('server').toFixed(2)}.`
}

/** Whether what costs so much in few rooms costs the same in many. @param figures of the rooms, the fewest first */
export function flat(figures: readonly Figures[]): string {
  const [few, many] = [figures[0], figures.at(-1)]
  if (!few || !many) return ''
  const times = (Object.keys(few.of) as Kind[]).map((kind) => {
    const ratios = many.of[kind]?.map((value, turn) => value / (few.of[kind]?.[turn] ?? Number.NaN))
    return `${titles[kind]} ${shown(median(ratios), 2, '×')}`
  })
  return `${many.row.title.split(':')[0]} to ${few.row.title.split(':')[0]}: ${times.join(', ')}.`
}
