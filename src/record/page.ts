/** Lists are read page by page, in the order of their ids, which is that in which they were made. */
import { ASKED_WITHIN, type By, WITHIN, WITHIN_BY_ID } from './scope.ts'

/**
 * A value that SQLite must not see while it plans: it would prepare the statement anew each time, for that value, which
 * takes ten times as long as to carry it out where there is a table for each of ninety days.
 */
export function hidden(name: string): string {
  return `(SELECT @${name})`
}

/**
 * The ways to read a page of somebody's rooms: by id where all rooms are, by room where those of a prefix are (or all
 * that others keep would be read as well), by both where it is one room. Each ends in the condition on the id.
 */
export const WAYS = {
  all: `${WITHIN_BY_ID} AND id > @after`,
  some: `${WITHIN} AND +id > @after`,
  one: `room = ${hidden('room')} AND ${ASKED_WITHIN} AND id > @after`,
}

/**
 * The end of such a statement. Where all that is read has to be sorted anyway, it is sorted once, and not for each day
 * and then all days merged.
 */
export const inOrder = (way: keyof typeof WAYS): string =>
  `ORDER BY ${way === 'some' ? '+id' : 'id'} LIMIT ${hidden('limit')}`

/** Which way leads to a room, or to all of somebody's. */
export const wayTo = (room: string | undefined, { rooms }: Pick<By, 'rooms'>): keyof typeof WAYS =>
  room !== undefined ? 'one' : rooms === '' ? 'all' : 'some'

/** One page of a list: rows after the id `after`. */
export type Page = { limit: number; after?: string | undefined }

/** @returns at most `limit` rows, and the `after` of the following page, null on the last one */
export function cut<Row extends { id: string }>(rows: Row[], limit: number): { rows: Row[]; next: string | null } {
  return { rows: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null }
}
