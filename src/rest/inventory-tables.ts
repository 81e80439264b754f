/** The data inventory as tables for the German documents, with the periods of this configuration. */
import type { Holding } from '../record/inventory.ts'
import { table } from './reference.ts'

const places = { database: 'Datenbank', file: 'Datei', memory: 'Arbeitsspeicher', log: 'Protokoll' } as const

/** What people call it, and beside it the table or the file as it is called in the code. */
const nameOf = ({ title, name }: Holding) => (title === undefined ? name : `${title} (\`${name}\`)`)

/** What there is, what for, and on what ground. */
const kinds = (inventory: readonly Holding[]) =>
  table(
    ['Datenart', 'Ort', 'Zweck', 'Rechtsgrundlage'],
    inventory.map((holding) => [nameOf(holding), places[holding.where], holding.purpose, holding.ground]),
  )

/** When each kind of data is gone. */
const rules = (holdings: readonly Holding[]) =>
  table(
    ['Datenart', 'Ort', 'Startzeitpunkt', 'gelöscht'],
    holdings.map((holding) => [nameOf(holding), places[holding.where], holding.starts, holding.deleted]),
  )

/** The same rules, one table for each deletion class. */
const classes = (inventory: readonly Holding[]) =>
  [...new Set(inventory.map(({ deletionClass }) => deletionClass))]
    .map((name) => `### ${name}\n\n${rules(inventory.filter(({ deletionClass }) => deletionClass === name))}`)
    .join('\n\n')

/** Every column of every table. */
const columns = (inventory: readonly Holding[]) =>
  inventory
    .filter(({ where }) => where === 'database')
    .map((holding) => {
      const rows = Object.entries(holding.columns).map(([name, meaning]) => [`\`${name}\``, meaning])
      return `### ${nameOf(holding)}\n\n${table(['Spalte', 'Inhalt'], rows)}`
    })
    .join('\n\n')

/** What a document may have generated into it of the inventory: `<!-- datenarten -->` and so on. */
export const inventoryTables = (inventory: readonly Holding[]): Record<string, () => string> => ({
  datenarten: () => kinds(inventory),
  fristen: () => rules(inventory),
  loeschklassen: () => classes(inventory),
  spalten: () => columns(inventory),
})
