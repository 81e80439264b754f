/** JSON made from schemas, and then broken: in its structure, its values, its text. */
import type { Random } from './random.ts'

/** As much of JSON Schema as the protocol and the REST API use. */
export type Schema = {
  type?: string
  const?: unknown
  enum?: readonly string[]
  anyOf?: readonly Schema[]
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
}

/** What stands in a field by its name, where a random value would lead nowhere; undefined where one would do. */
export type Known = (field: string, random: Random) => unknown

/** The fields of an object, each as the JSON text of its value: what no object could hold can stand here. */
export type Fields = [name: string, json: string][]

const texts = ['zimmer1', 'T-2026-117', 'Anna', 'Bitte noch etwas Geduld', 'x', '\u{1f600} \u00e4\u00f6\u00fc', '0']

export function valueFor(schema: Schema, random: Random, known: Known): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  if (schema.anyOf) return valueFor(random.pick(schema.anyOf), random, known)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(fieldsOf(schema, random, known).map(([name, json]) => [name, JSON.parse(json)]))
    case 'array': {
      const length = random.between(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 4))
      return Array.from({ length }, () => valueFor(schema.items ?? {}, random, known))
    }
    case 'string': {
      const { pattern = '', minLength = 0, maxLength = 1000 } = schema
      const fits = texts.filter((text) => text.length <= maxLength && new RegExp(pattern, 'u').test(text))
      return random.chance(0.05) ? 'a'.repeat(random.pick([minLength, maxLength])) : random.pick(fits)
    }
    case 'integer': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema
      return random.chance(0.2) ? random.pick([minimum, maximum]) : Math.min(maximum, minimum + random.below(1000))
    }
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    default:
      return anything(random, 3)
  }
}

/** Any JSON value, not too large. */
function anything(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 6)
  if (kind === 0) return random.pick([null, true, false])
  if (kind === 1) return random.below(2 ** 31) - 2 ** 30
  if (kind === 2) return random.below(1e9) / 7
  if (kind < 6) return random.chance(0.02) ? 'x'.repeat(random.below(20_000)) : random.pick(texts)
  const list = Array.from({ length: random.below(4) }, () => anything(random, depth - 1))
  return kind === 6 ? list : Object.fromEntries(list.map((item, index) => [`${random.pick(texts)}${index}`, item]))
}

/** The fields of an object that matches its schema; optional ones are there or not. */
export function fieldsOf(schema: Schema, random: Random, known: Known): Fields {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([name, field]): Fields => {
    if (!required.includes(name) && random.chance(0.5)) return []
    const value = known(name, random)
    return [[name, JSON.stringify(value === undefined ? valueFor(field, random, known) : value)]]
  })
}

export const write = (fields: Fields): string =>
  `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`

const nested = (random: Random, open: string, end: string): string => {
  const depth = random.pick([2, 100, 1000, 8000, 20_000])
  return depth * (open.length + end.length) < 60_000 ? open.repeat(depth) + end.repeat(depth) : `${open}${end}`
}

/** Values that programs stumble over, as JSON text; the last few are no JSON. */
function junk(random: Random): string {
  const make = random.pick<() => string>([
    () => random.pick(['null', 'true', 'false', '[]', '{}', '""', '[null]', '[[]]', '{"":0}', '{"length":-1}']),
    () => random.pick(['0', '-0', '-1', '1.5', '1e308', '-1e-308', '9007199254740993', '4294967296', '1e999', '1E400']),
    () => random.pick(['"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\u202e"', '"\\n"', '"\\uffff"', '"\\u2028"']),
    () => random.pick(['"__proto__"', '"constructor"', '"toString"', '"hasOwnProperty"', '"then"', '"prototype"']),
    () => random.pick(['{"__proto__":{"type":"end"}}', '{"constructor":{"prototype":{"x":1}}}', '{"toJSON":1}']),
    () => random.pick(['"\' OR 1=1 --"', '"../../etc/passwd"', '"%00"', '"<script>alert(1)</script>"', '"{{7*7}}"']),
    () => JSON.stringify('a'.repeat(random.pick([64, 65, 100, 101, 200, 201, 500, 501, 5000, 60_000]))),
    () => JSON.stringify('e\u0301\u200d'.repeat(random.pick([10, 64, 500]))),
    () => JSON.stringify(anything(random, 4)),
    () => nested(random, '[', ']'),
    () => nested(random, '{"a":', '}').replace(/:(}+)$/, ':0$1'),
    () => `${'9'.repeat(random.pick([20, 400, 10_000]))}`,
    () =>
      random.pick(['NaN', 'Infinity', 'undefined', "'a'", '01', '.5', '1.', '+1', '0x1', '"\\x41"', '"a\tb"', '"', '']),
  ])
  return make()
}

const strange = [
  '__proto__',
  'constructor',
  'toString',
  'TYPE',
  'type ',
  'seq',
  'from',
  'role',
  'state',
  'x',
  '',
  '\u0000',
]

const structures: Readonly<Record<string, (fields: Fields, random: Random) => Fields>> = {
  'field dropped': (fields, random) => fields.toSpliced(random.below(fields.length), 1),
  'field added': (fields, random) =>
    fields.toSpliced(random.below(fields.length + 1), 0, [random.pick(strange), junk(random)]),
  'field twice': (fields, random) => {
    const [name] = random.pick(fields)
    return [...fields, [name, junk(random)]]
  },
  'field renamed': (fields, random) => {
    const at = random.below(fields.length)
    return fields.with(at, [random.pick(strange), fields[at]?.[1] ?? '0'])
  },
  'value replaced': (fields, random) => {
    const at = random.below(fields.length)
    return fields.with(at, [fields[at]?.[0] ?? '', junk(random)])
  },
  'order turned': (fields) => fields.toReversed(),
}

const written: Readonly<Record<string, (text: string, random: Random) => string>> = {
  truncated: (text, random) => text.slice(0, random.below(text.length)),
  'garbage behind': (text, random) => text + random.pick(['}', ',', '\u0000', text, ' {}', '//', '\ufeff', '\u2028']),
  'garbage in front': (text, random) => random.pick(['\ufeff', '\u0000', ',', ")]}',\n", '#', '/**/']) + text,
  'white space': (text, random) => text.replace(/[,:]/g, (mark) => ` ${mark}\r\n\t${' '.repeat(random.below(20))}`),
  'in an array': (text) => `[${text}]`,
  'no object': (_text, random) => junk(random),
  'character changed': (text, random) => {
    const at = random.below(text.length)
    return text.slice(0, at) + String.fromCharCode(random.below(0xd7ff)) + text.slice(at + 1)
  },
  'name escaped': (text) => text.replace('"type"', '"\\u0074ype"'),
}

/** Breaks an object in one way, sometimes in a second one. @returns which way, and the text */
export function broken(fields: Fields, random: Random): { kind: string; text: string } {
  if (fields.length > 0 && random.chance(0.7)) {
    const kind = random.pick(Object.keys(structures))
    const changed = structures[kind]?.(fields, random) ?? fields
    return { kind, text: random.chance(0.1) && changed.length > 0 ? broken(changed, random).text : write(changed) }
  }
  const kind = random.pick(Object.keys(written))
  return { kind, text: written[kind]?.(write(fields), random) ?? '' }
}
