/** The ratios to the bare relay as a picture, which is read on white and on black. */
import type { Figures } from './measure.ts'
import { type Kind, titles } from './servers.ts'
import { ratio } from './table.ts'

const LINE = 22
const LEFT = 330
const WIDTH = 480
const TOP = 56
/** The ends of the axis, which is logarithmic; what is beyond them stands at the end. */
const [LEAST, MOST] = [1 / 4, 16]
const TICKS = [1 / 4, 1 / 2, 1, 2, 4, 8, 16]

/** Light and dark, each told from its neighbours without colour as well: by its shape. */
const marks: Record<Kind, { light: string; dark: string; shape: string }> = {
  wartezimmer: { light: '#0b57d0', dark: '#8ab4f8', shape: '<circle r="6"/>' },
  bare: { light: '#555', dark: '#bbb', shape: '<path d="M0-7V7" stroke-width="2" stroke="currentColor"/>' },
  peerjs: { light: '#b3261e', dark: '#f2b8b5', shape: '<rect x="-5" y="-5" width="10" height="10"/>' },
  socketio: { light: '#7a5900', dark: '#f0c04c', shape: '<path d="M0-6L6 5H-6Z"/>' },
  spreed: { light: '#146c2e', dark: '#80da88', shape: '<path d="M0-7L7 0 0 7-7 0Z"/>' },
}

const x = (value: number) =>
  LEFT + (Math.log(Math.min(MOST, Math.max(LEAST, value)) / LEAST) / Math.log(MOST / LEAST)) * WIDTH

const mark = (kind: Kind, at: number, y: number, title: string) =>
  `<g class="${kind}" transform="translate(${at.toFixed(1)} ${y})"><title>${title}</title>${marks[kind].shape}</g>`

/** @returns an SVG: a line for each row, where further to the left is better */
export function plot(figures: readonly Figures[], kinds: readonly Kind[]): string {
  const others = kinds.filter((kind) => kind !== 'bare')
  const compared = figures.filter(({ row }) => !row.alone)
  const lines = compared.map((one, index) => {
    const y = TOP + index * LINE
    // Of rates the inverse, so that left is always better.
    const points = others.flatMap((kind) => {
      const measured = one.row.more ? 1 / ratio(one, kind, 'bare') : ratio(one, kind, 'bare')
      const said = `${titles[kind]}: ${measured.toFixed(2)} times the bare relay's`
      return Number.isFinite(measured) ? [mark(kind, x(measured), y, said)] : []
    })
    const title = `${one.row.title}${one.row.more ? ' (time for each)' : ''}`
    return `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${title}</text>\n${points.reverse().join('\n')}`
  })
  const bottom = TOP + compared.length * LINE
  const axis = TICKS.map((tick) => {
    const label = `<text x="${x(tick)}" y="${bottom + 10}" text-anchor="middle">${tick < 1 ? `1/${1 / tick}` : tick}×</text>`
    return `<path class="${tick === 1 ? 'bare' : 'grid'}" d="M${x(tick)} ${TOP - 16}V${bottom - 6}" stroke="currentColor"/>${label}`
  })
  const legend = others.map(
    (kind, n) => `${mark(kind, 20 + n * 200, 18, titles[kind])}<text x="${32 + n * 200}" y="22">${titles[kind]}</text>`,
  )
  const caption = `<text x="${x(1)}" y="${bottom + 28}" text-anchor="middle">times the bare relay; left is better</text>`
  const colours = (which: 'light' | 'dark') =>
    kinds.map((kind) => `.${kind}{fill:${marks[kind][which]};color:${marks[kind][which]}}`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 30} ${bottom + 38}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>Cost of each server, in times that of a bare relay; further to the left is better</title>
<style>text{fill:#222}.grid{color:#ddd}${colours('light')}
@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{color:#444}${colours('dark')}}</style>
${[...legend, ...axis, caption, ...lines].join('\n')}
</svg>
`
}
