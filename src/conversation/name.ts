/** Names as people give them, checked before anybody else sees them. */
import { Refusal } from '../protocol/errors.ts'

const MAX_CHARACTERS = 64

/** Controls, line breaks, bidi embeddings, overrides and isolates (UAX #9), unpaired surrogates, private use. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\p{Cs}\p{Co}]/u
/** Something that can be seen: a name of spaces, joiners or bare accents is none. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * Brings a name into one form: NFC, no space around it, single spaces within.
 * @returns the name, or '' where none was given
 * Throws `name_invalid`.
 */
export function readName(given: string | undefined): string {
  if (given === undefined) return ''
  if (FORBIDDEN.test(given)) throw new Refusal('name_invalid')
  const name = given.normalize('NFC').trim().replace(/\s+/g, ' ')
  if (name !== '' && !VISIBLE.test(name)) throw new Refusal('name_invalid')
  if ([...name].length > MAX_CHARACTERS) throw new Refusal('name_invalid')
  return name
}
