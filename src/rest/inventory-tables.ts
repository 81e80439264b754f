/** The data inventory as tables for the German documents, with the periods of this configuration. */
import type { DataCategory } from '../record/inventory.ts'
import { table } from './reference.ts'

const places = { database: 'Datenbank', file: 'Datei', memory: 'Arbeitsspeicher', log: 'Protokoll' } as const

/** What people call it, and beside it the table or the file as it is called in the code. */
const nameOf = ({ title, name }: DataCategory) => (title === undefined ? name : `${title} (\`${name}\`)`)

/** What there is, what for, and on what ground. */
const kinds = (inventory: readonly DataCategory[]) =>
  table(
    ['Datenart', 'Ort', 'Zweck', 'Rechtsgrundlage'],
    inventory.map((category) => [nameOf(category), places[category.where], category.purpose, category.ground]),
  )

/** What is kept of those who take part, as they are told of it (Art. 13 DSGVO), by its legal ground. */
function ofParticipants(inventory: readonly DataCategory[]): string {
  const grounds = Map.groupBy(
    inventory.filter(({ told }) => told !== undefined),
    ({ ground }) => ground,
  )
  return [...grounds]
    .map(([ground, kinds]) => [`Nach ${ground}:`, '', ...kinds.map(({ told }) => `- ${told}`)].join('\n'))
    .join('\n\n')
}

/** When each kind of data is gone. */
const rules = (categories: readonly DataCategory[]) =>
  table(
    ['Datenart', 'Ort', 'Startzeitpunkt', 'gelöscht'],
    categories.map((category) => [nameOf(category), places[category.where], category.starts, category.deleted]),
  )

/** The same rules, one table for each deletion class. */
const classes = (inventory: readonly DataCategory[]) =>
  [...new Set(inventory.map(({ deletionClass }) => deletionClass))]
    .map((name) => `### ${name}\n\n${rules(inventory.filter(({ deletionClass }) => deletionClass === name))}`)
    .join('\n\n')

/** Every column of every table. */
const columns = (inventory: readonly DataCategory[]) =>
  inventory
    .filter(({ where }) => where === 'database')
    .map((category) => {
      const rows = Object.entries(category.columns).map(([name, meaning]) => [`\`${name}\``, meaning])
      return `### ${nameOf(category)}\n\n${table(['Spalte', 'Inhalt'], rows)}`
    })
    .join('\n\n')

/** What a document may have generated into it of the inventory: `<!-- datenarten -->` and so on. */
export const inventoryTables = (inventory: readonly DataCategory[]): Record<string, () => string> => ({
  datenarten: () => kinds(inventory),
  fristen: () => rules(inventory),
  beteiligte: () => ofParticipants(inventory),
  loeschklassen: () => classes(inventory),
  spalten: () => columns(inventory),
})
