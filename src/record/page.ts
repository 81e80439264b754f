/** Lists are read page by page, in the order of their ids, which is that in which they were made. */

/** One page of a list: rows after the id `after`. */
export type Page = { limit: number; after?: string | undefined }

/** @returns at most `limit` rows, and the `after` of the following page, null on the last one */
export function cut<Row extends { id: string }>(rows: Row[], limit: number): { rows: Row[]; next: string | null } {
  return { rows: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null }
}
