/** Dial-in codes: what the check symbol catches, and what the reader forgives. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CODE_LENGTH, formatCode, makeCode, readCode } from '../src/protocol/dial-code.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyCode = fc.oneof(bytes(CODE_LENGTH.guest - 1), bytes(CODE_LENGTH.host - 1)).map((random) => makeCode(random))

test("the protocol's example is a valid guest code", () => {
  assert.equal(readCode('K7M-4XQ-9TP'), { symbols: 'K7M4XQ9TP', isGuests: true })
})

test('a code made of 8 bytes is for a guest, of 15 bytes for the practice, shown in groups', () => {
  const guest = makeCode(randomBytes(8))
  const host = makeCode(randomBytes(15))
  assert.equal(readCode(guest), { symbols: guest, isGuests: true })
  assert.equal(readCode(host), { symbols: host, isGuests: false })
  assert.match(formatCode(guest), /^[0-9A-Z]{3}(-[0-9A-Z]{3}){2}$/)
  assert.match(formatCode(host), /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
})

test('all 32 symbols come from random bytes equally often', () => {
  const counts = new Map<string, number>()
  for (let byte = 0; byte < 256; byte++) {
    const symbol = makeCode(new Uint8Array([byte]))[0] ?? ''
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  }
  assert.equal([...counts.keys()].sort().join(''), ALPHABET)
  assert.equal(new Set(counts.values()), new Set([8]))
})

test('every single wrong symbol is caught, at every place of every code', () => {
  fc.assert(
    fc.property(anyCode, (code) => {
      for (let place = 0; place < code.length; place++) {
        for (const symbol of ALPHABET.replace(code[place] ?? '', '')) {
          assert.is(readCode(code.slice(0, place) + symbol + code.slice(place + 1)), undefined)
        }
      }
    }),
  )
})

test('every swap of two different neighbours is caught, at every place of every code', () => {
  fc.assert(
    fc.property(anyCode, (code) => {
      for (let place = 0; place + 1 < code.length; place++) {
        const [first, second] = code.slice(place, place + 2)
        if (first === second) continue
        assert.is(readCode(`${code.slice(0, place)}${second}${first}${code.slice(place + 2)}`), undefined)
      }
    }),
  )
})

test('case, spaces and hyphens of all kinds do not matter; O reads as 0, I and L as 1', () => {
  const gap = fc.constantFrom('', ' ', '-', '\u2013', '\u00a0', ' - ')
  const spellings: Record<string, string[]> = { '0': ['0', 'O', 'o'], '1': ['1', 'I', 'i', 'L', 'l'] }
  const typed = anyCode.chain((code) =>
    fc
      .tuple(
        ...[...code].map((symbol) =>
          fc.tuple(gap, fc.constantFrom(...(spellings[symbol] ?? [symbol, symbol.toLowerCase()]))),
        ),
      )
      .map((parts) => ({ code, typed: parts.flat().join('') })),
  )
  fc.assert(fc.property(typed, ({ code, typed }) => assert.is(readCode(typed)?.symbols, code)))
})

for (const around of [
  (code: string) => `${code}.`,
  (code: string) => `„${code}“,`,
  (code: string) => `<${code}>`,
  (code: string) => `\ufeff\u200e${code}\u200b`,
  (code: string) => code.replaceAll('-', '\u00ad'),
  (code: string) => code.replaceAll('-', '_'),
  (code: string) => code.replaceAll('-', '\u2011'),
  (code: string) => code.replaceAll('-', '%2D'),
  (code: string) => `${code}%3E`,
  (code: string) => code.replace(/[0-9A-Z]/g, (plain) => String.fromCharCode(plain.charCodeAt(0) + 0xfee0)),
  (code: string) => `#${code}`,
  (code: string) => `#%23${code}`,
  (code: string) => `https://video.example.org/#${code})`,
  (code: string) => `https://video.example.org/?utm_source=mail#${code}&utm_medium=mail`,
  (code: string) => `https://video.example.org/praxis/%23${code}?fbclid=x`,
  (code: string) => `${code}:~:text=Code`.replace(/^/, '#'),
]) {
  const shown = around('K7M-4XQ-9TP')
  test(`a code is read as mail programs and word processors hand it on: ${encodeURI(shown)}`, () => {
    assert.is(readCode(shown)?.symbols, 'K7M4XQ9TP')
  })
}

test('whatever else is typed is no code: other lengths, other symbols, U, nothing', () => {
  for (const typed of [
    '',
    ' ',
    'K7M-4XQ-9T',
    'K7M-4XQ-9TPP',
    'K7M-4XQ-9TU',
    'K7M-4XQ-9T!',
    'Ä7M-4XQ-9TP',
    'ＫＭ',
    '#',
    'https://example.org/',
  ]) {
    assert.is(readCode(typed), undefined, typed)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const read = readCode(typed)
      if (read) assert.match(read.symbols, /^[0-9A-HJKMNP-TV-Z]{9}(.{7})?$/)
    }),
  )
})

test.run()
