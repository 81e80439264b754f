/**
 * Rows in a table for each day, so that what is due goes with its whole table. SQLite leaves copies of rows in the
 * gaps of its pages whenever it moves them, so a row that is deleted can still be read there; but a table that is
 * dropped gives all its pages back, and each is filled with zeros. So nothing has to be rewritten, and it costs what
 * is deleted, not what stays. All tables of a kind are read as one, through a view that has the kind's name.
 */
import { type Database, expectRoom } from './database.ts'
import { OF_DAYS, openOwnDays } from './own-days.ts'
import type { By } from './scope.ts'

/** A kind of rows, as its table is described in SQL. Rows have an `id`; `own` is the condition that they are somebody's. */
export type Kind = { name: string; columns: string; indexes: readonly string[]; own: string }

/** The day of an instant (epoch ms), in UTC, as a number that people can read: 20260302. */
export function dayOf(instant: number): number {
  const within = Math.max(0, Math.min(instant, END_OF_TIME))
  return Number(new Date(within).toISOString().slice(0, 10).replaceAll('-', ''))
}

/** The last day with four digits in its year. */
const END_OF_TIME = Date.UTC(9999, 11, 31)

/** More than a row takes in the log of the database, with its indexes, in bytes. */
const ROW = 1_024

/** A day that never comes: its table stays empty, and the view has columns also where there is nothing. */
const NEVER = 0

export type Partitions = ReturnType<typeof openPartitions>

/** Makes what a kind needs in a new database. */
export function createPartitions(db: Database, kind: Kind): void {
  createTable(db, kind, NEVER)
  createView(db, kind.name)
}

/** Adds what a kind has got since: a column, which may be empty, and its indexes. */
export function addColumn(db: Database, kind: Kind, column: string): void {
  const { name, indexes } = kind
  db.exec(`DROP VIEW ${name}`)
  for (const day of daysOf(db, name)) {
    db.exec(`ALTER TABLE ${name}_${day} ADD COLUMN ${column}`)
    addIndexes(db, `${name}_${day}`, indexes)
  }
  createView(db, name)
}

function addIndexes(db: Database, table: string, indexes: readonly string[]): void {
  indexes.forEach((index, place) => {
    db.exec(`CREATE INDEX IF NOT EXISTS ${table}_${place} ON ${table} ${index}`)
  })
}

/** @param fill what comes into it before there are indexes to be kept */
function createTable(
  db: Database,
  { name, columns, indexes }: Kind,
  day: number,
  fill?: (table: string) => void,
): string {
  const table = `${name}_${day}`
  db.exec(`CREATE TABLE ${table} (${columns}) STRICT, WITHOUT ROWID`)
  fill?.(table)
  addIndexes(db, table, indexes)
  return table
}

const daysOf = (db: Database, name: string): number[] =>
  db
    .prepare<[string], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ? ORDER BY name")
    .pluck()
    .all(`${name}_[0-9]*`)
    .map((table) => Number(table.slice(name.length + 1)))

/** Statements on the view are compiled anew by SQLite itself, also those of other connections. */
function createView(db: Database, name: string): void {
  const tables = daysOf(db, name).map((day) => `SELECT ${day} AS day, * FROM ${name}_${day}`)
  db.exec(`CREATE VIEW ${name} AS ${tables.join(' UNION ALL ')}`)
}

/** All of it in whatever transaction is open. */
export function openPartitions(db: Database, kind: Kind) {
  const { name } = kind
  const own = openOwnDays(db, kind, () => daysOf(db, name))
  const find = db.prepare<unknown[], number>(`SELECT day FROM ${name} WHERE id = @id AND ${OF_DAYS}`).pluck()
  const dayWith = (id: string, by: Pick<By, 'rooms'>) => find.get({ id, ...own.of(by) })

  /** Views are dropped first, since SQLite checks them whenever a table changes its name. */
  function change<Result>(act: () => Result): Result {
    db.exec(`DROP VIEW ${name}`)
    const result = act()
    createView(db, name)
    return result
  }

  const rowsOf = (day: number): number =>
    db.prepare<[], number>(`SELECT count(*) FROM ${name}_${day}`).pluck().get() ?? 0

  function drop(day: number): number {
    const rows = rowsOf(day)
    db.exec(`DROP TABLE ${name}_${day}`)
    return rows
  }

  return {
    /** What OF_DAYS needs. */
    of: own.of,

    /** The table for a row of an instant. @param owner see openOwnDays */
    tableFor(instant: number, owner: string | null): string {
      const day = dayOf(instant)
      own.add(owner, day)
      if (daysOf(db, name).includes(day)) return `${name}_${day}`
      return change(() => createTable(db, kind, day))
    },

    /** The table that somebody's row is in; undefined where there is none. */
    tableOf(id: string, by: Pick<By, 'rooms'>): string | undefined {
      const day = dayWith(id, by)
      return day === undefined ? undefined : `${name}_${day}`
    },

    /** Deletes somebody's row, which takes as long as to write the others of its day. @returns whether it was there */
    erase(id: string, by: Pick<By, 'rooms'>): boolean {
      const day = dayWith(id, by)
      if (day === undefined) return false
      expectRoom(db, rowsOf(day) * ROW)
      change(() => {
        db.exec(`ALTER TABLE ${name}_${day} RENAME TO ${name}_old`)
        for (const index of kind.indexes.keys()) db.exec(`DROP INDEX ${name}_${day}_${index}`)
        createTable(db, kind, day, (table) =>
          db.prepare(`INSERT INTO ${table} SELECT * FROM ${name}_old WHERE id <> ? ORDER BY id`).run(id),
        )
        db.exec(`DROP TABLE ${name}_old`)
      })
      return true
    },

    /** Deletes the oldest day that lies wholly before an instant. @returns how many rows; undefined where there is none */
    dropBefore(instant: number): number | undefined {
      const [day = Number.POSITIVE_INFINITY] = daysOf(db, name).filter((day) => day !== NEVER)
      if (day >= dayOf(instant)) return undefined
      return change(() => drop(day))
    },

    /** Deletes all there is. */
    clear(): void {
      const days = daysOf(db, name).filter((day) => day !== NEVER)
      if (days.length > 0) change(() => days.forEach(drop))
    },
  }
}
