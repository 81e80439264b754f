/** Admins and the practices that they are of: who may do what, in whose rooms, and how much of it. */

/** What an admin may do. Each address of the API says which of these it needs. */
export const rights = {
  mint: 'mint dial-in codes, move and revoke them',
  read: 'see codes, rooms and the connection record',
  erase: 'erase codes and sessions, at once and for good',
  audit: 'see what admins did',
  metrics: 'see the metrics',
} as const

export type Right = keyof typeof rights

export const allRights = Object.keys(rights) as Right[]

export type Practice = {
  /** What the names of its rooms begin with. No practice's begin with those of another. */
  rooms: string
  /** Base of the links into its rooms, where it is not everybody's. */
  publicUrl?: string | undefined
  /** How many codes its admins may mint in a day (UTC). */
  codesPerDay?: number | undefined
  /** How many guests may have a seat in its rooms at a time, and how many hosts and staff. */
  seats?: number | undefined
}

export type Admin = {
  name: string
  /** The SHA-256 hash of the token, in hexadecimal digits. */
  tokenSha256: string
  rights: readonly Right[]
  /** Whose rooms they may be about; without one, all rooms. */
  practice?: Practice
}
