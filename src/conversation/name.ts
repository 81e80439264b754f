/** Names as people give them, checked before anybody else sees them. */
import { Refusal } from '../protocol/errors.ts'

const MAX_CHARACTERS = 64
/** UTF-16 units of what is looked at: room for accents and selectors of their own; NFC of more would take its time. */
const MAX_GIVEN = 4 * MAX_CHARACTERS

/** Controls, line breaks, bidi embeddings, overrides and isolates (UAX #9), unpaired surrogates, private use. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\p{Cs}\p{Co}]/u
/** What shows nothing by itself; but scripts need the joiners, and their writers the selectors of their own letters. */
const IGNORED = /[\p{Default_Ignorable_Code_Point}--[\p{Join_Control}\p{Variation_Selector}]]/gv
/** Something that can be seen: no spaces, joiners or bare accents, not the blank of Braille nor music's null head. */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u2800\u{1D159}]]/v

/**
 * Brings a name into one form: NFC, nothing that shows nothing, no space around it, single spaces within.
 * @returns the name, or '' where none was given
 * Throws `name_invalid`.
 */
export function readName(given = ''): string {
  if (given.length > MAX_GIVEN || FORBIDDEN.test(given)) throw new Refusal('name_invalid')
  if (given.trim() === '') return ''
  const name = given.replace(IGNORED, '').normalize('NFC').trim().replace(/\s+/g, ' ')
  if (!VISIBLE.test(name) || [...name].length > MAX_CHARACTERS) throw new Refusal('name_invalid')
  return name
}

/** The name of who comes back: whoever has one keeps it, where none is said with the resume, or one that is no good. */
export function readNameAgain(given: string | undefined, known: string): string {
  try {
    return readName(given) || known
  } catch (refusal) {
    if (known === '') throw refusal
    return known
  }
}
