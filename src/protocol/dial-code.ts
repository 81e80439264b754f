/** Dial-in codes as people write them: the alphabet, the check symbol, the forgiving reader. */
import type { Role } from './messages.ts'

/** Crockford's base32: no I, L, O, U, so that nothing read aloud or off paper is mistaken. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A code's length in symbols, the check symbol included, tells whether it is a guest's or the practice's. */
export const CODE_LENGTH = { guest: 9, host: 16, staff: 16 } as const satisfies Record<Role, number>

/** The length of a seal, its check symbol included: 130 bits that tell one practice's key from all others. */
export const SEAL_LENGTH = 27

/** Product in GF(2^5), the field of 32 elements, with the polynomial x^5 + x^3 + 1. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 16; bit > 0; bit >>= 1) {
    product = product & 16 ? (product << 1) ^ 0b101001 : product << 1
    if (b & bit) product ^= a
  }
  return product
}

const WEIGHT = 17

/**
 * The symbols as coefficients of a polynomial over GF(32), evaluated at WEIGHT. Valid codes give 0.
 *
 * The 31 powers of WEIGHT are all different and none is 0, so one wrong symbol, or two different
 * ones swapped (next to each other or not), always changes the sum.
 */
function checksum(symbols: string): number {
  let sum = 0
  for (const symbol of symbols) sum = multiply(sum, WEIGHT) ^ ALPHABET.indexOf(symbol)
  return sum
}

/**
 * Makes a code of random bytes: five bits of each go into a symbol, then the check symbol follows.
 * @param random 8 bytes for a guest's code (40 bits), 15 for others (75 bits), 26 for a seal (130 bits)
 * @returns the bare symbols, the form that is hashed
 */
export function makeCode(random: Uint8Array): string {
  let symbols = ''
  for (const byte of random) symbols += ALPHABET[byte & 31]
  return symbols + ALPHABET[multiply(checksum(symbols), WEIGHT)]
}

/** Writes bare symbols in groups, as people see them: `K7M-4XQ-9TP`, or 4-4-4-4 for the practice. */
export function formatCode(symbols: string): string {
  const group = symbols.length === CODE_LENGTH.guest ? 3 : 4
  return symbols.match(new RegExp(`.{${group}}`, 'g'))?.join('-') ?? symbols
}

/** What mail programs and trackers put behind a code in a link. */
const APPENDED = /[&?:].*$/s

/** A code as it was read: its bare symbols, whether they are a guest's, and the seal, where a guest's link has one. */
export type DialCode = { symbols: string; isGuests: boolean; seal?: string }

const isValid = (symbols: string): boolean => !/[^0-9A-HJKMNP-TV-Z]/.test(symbols) && checksum(symbols) === 0

/**
 * Reads what a person typed, pasted, or was sent as a link. Case does not matter, O reads as 0, I and L as 1, full-width
 * letters as their plain ones (NFKC), and whatever is no letter or digit is left out; of a link only the fragment counts.
 * @returns undefined for a typing error, also in the seal
 */
export function readCode(typed: string): DialCode | undefined {
  const text = decode(typed).normalize('NFKC')
  // Of several signs, as where one was escaped behind another, the last.
  const fragment = text.split('#').slice(1).at(-1)
  const all = (fragment?.replace(APPENDED, '') ?? text)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  const isSealed = all.length === CODE_LENGTH.guest + SEAL_LENGTH
  const symbols = isSealed ? all.slice(0, CODE_LENGTH.guest) : all
  const isGuests = symbols.length === CODE_LENGTH.guest
  if ((!isGuests && symbols.length !== CODE_LENGTH.host) || !isValid(symbols)) return undefined
  if (!isSealed) return { symbols, isGuests }
  const seal = all.slice(CODE_LENGTH.guest)
  return isValid(seal) ? { symbols, isGuests, seal } : undefined
}

/** Percent signs that stand for no character are left as they are. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
