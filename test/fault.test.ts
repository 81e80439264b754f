/** What comes in is judged as TypeBox judges it, over everything that a schema of ours can say. */
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { faultOf } from '../src/protocol/fault.ts'
import { clientMessages, serverMessages } from '../src/protocol/messages.ts'
import { CodesQuery, MintBody, MintHeaders, MoveBody, RevokeQuery, SessionsQuery } from '../src/rest/schemas.ts'

const incoming = { CodesQuery, MintBody, MintHeaders, MoveBody, RevokeQuery, SessionsQuery }
const schemas: [string, TSchema][] = Object.entries({ ...clientMessages, ...serverMessages, ...incoming })

type Part = {
  type?: string
  properties?: Record<string, Part>
  items?: Part
  anyOf?: Part[]
  enum?: string[]
  const?: unknown
}

/** At the bounds that our schemas have, and beyond. */
const values: Record<string, fc.Arbitrary<unknown>> = {
  string: fc.oneof(
    fc.constantFrom('', 'room', '.a', 'a b', 'a\nb', 'a\u2028b', 'ü/#: 1', '😀'.repeat(500), '😀'.repeat(501)),
    fc.constantFrom('x'.repeat(64), 'x'.repeat(65), 'x'.repeat(200), 'x'.repeat(201)),
    fc.string({ unit: 'binary-ascii' }),
    fc.uuid({ version: 4 }),
  ),
  integer: fc.constantFrom(0, 1, 8, 9, 500, 501, -1, 1.5, 2 ** 53 - 1, 2 ** 53, 1e300),
  boolean: fc.boolean(),
}
const anything = fc.oneof(...Object.values(values), fc.constantFrom(null, {}, [], [[]]))

/** Mostly what a schema wants, now and then anything else. */
function nearly({ type = '', properties, items, anyOf, ...own }: Part): fc.Arbitrary<unknown> {
  const right = () => {
    if ('const' in own) return fc.constant(own.const)
    if (own.enum) return fc.constantFrom(...own.enum)
    if (anyOf) return fc.oneof(...anyOf.map(nearly))
    if (items) return fc.array(nearly(items), { maxLength: 10, size: 'max' })
    if (!properties) return values[type] ?? anything
    const fields = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, nearly(part)]))
    const whole = fc.record(fields)
    const more = fc.tuple(whole, fc.string(), anything).map(([all, name, value]) => ({ ...all, [name]: value }))
    return fc.oneof(whole, fc.record(fields, { requiredKeys: [] }), more)
  }
  return fc.oneof({ weight: 19, arbitrary: right() }, { weight: 1, arbitrary: anything })
}

for (const [name, schema] of schemas) {
  test(`${name}: the same values are right and wrong as for TypeBox, in whole and in each field`, () => {
    const seen = { right: 0, wrong: 0 }
    for (const part of [schema, ...Object.values((schema as { properties: Record<string, TSchema> }).properties)]) {
      const validator = Compile(part)
      const judge = fc.property(nearly(part), (value) => {
        const isRight = validator.Check(value)
        seen[isRight ? 'right' : 'wrong'] += 1
        assert.is(faultOf(part, value) === undefined, isRight)
      })
      fc.assert(judge, { numRuns: 200 })
    }
    assert.ok(seen.right > 0 && seen.wrong > 0, JSON.stringify(seen))
  })
}

test('a text is as long as JSON Schema says, in characters, however they are put together', () => {
  const schema = clientMessages.notice
  const notice = (text: string) => faultOf(schema, { type: 'notice', text })
  assert.is(notice('😀'.repeat(500)), undefined)
  assert.equal(notice(`e${'\u0301'.repeat(500)}`), { field: 'text', message: 'must not have more than 500 characters' })
})

test.run()
