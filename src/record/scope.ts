/** Who acts, and whose rooms that may be about: those whose names begin with a prefix. Nothing is read or changed without it. */

/**
 * Who does something, by the name of the admin's token, and when, epoch ms. `rooms` is what the names of its rooms begin
 * with, empty for all there are; `codesPerDay` how many codes may be made for them in a day.
 */
export type By = { admin: string; rooms: string; codesPerDay?: number | undefined; now: number }

/** The condition that every statement on rooms has in which an admin's wish is looked up. */
export const WITHIN = 'room >= @first AND room < @beyond'

/** The same where the rows are found or ordered by something else: an index by room would only be in the way. */
export const WITHIN_BY_ID = '+room >= @first AND +room < @beyond'

/** The same where a room is asked for by its name: nothing is opened for one of somebody else. */
export const ASKED_WITHIN = '@room >= @first AND @room < @beyond'

/** What WITHIN needs. No room's name has a character as high as that. */
export const within = ({ rooms }: Pick<By, 'rooms'>) => ({ rooms, first: rooms, beyond: `${rooms}\u{10FFFF}` })

export const isWithin = (room: string, { rooms }: Pick<By, 'rooms'>): boolean => room.startsWith(rooms)
