/** What is wrong with what somebody sent, in words: the first fault, as to list all would take as long as they like. */
import type { TSchema } from 'typebox'

/** `field` is where, with dots between the levels, and empty for the value itself. */
export type Fault = { field: string; message: string }

const isOfType: Record<string, (value: unknown) => boolean> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}

/** Whether a text has more characters than so many; each may take two of what `length` counts. */
const isLonger = (text: string, most: number): boolean =>
  text.length > most && (text.length > 2 * most || [...text].length > most)

/** The words that are possible. By hand: what the computer knows of languages takes 8 MB. */
const oneOf = (words: string[]): string => `must be ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}`

/** What the keywords of JSON Schema demand of a value whose `type`, which comes first, is right: a fault, or nothing. */
// biome-ignore lint/suspicious/noExplicitAny: each has demands of another type
const demands: Record<string, (demand: any, value: any, schema: any) => string | false> = {
  type: (type, value) => !isOfType[type]?.(value) && `must be ${type}`,
  const: (only, value) => value !== only && `must be ${only}`,
  enum: (words, value) => !words.includes(value) && oneOf(words),
  anyOf: (options: TSchema[], value) => options.every((one) => faultOf(one, value)) && 'is not possible',
  minimum: (least, value) => value < least && `must be >= ${least}`,
  maximum: (most, value) => value > most && `must be <= ${most}`,
  minLength: (least, value) => value.length < least && `must not have fewer than ${least} characters`,
  maxLength: (most, value) => isLonger(value, most) && `must not have more than ${most} characters`,
  pattern: (pattern, value, { description = `a match for ${pattern}` }) =>
    !new RegExp(pattern, 'u').test(value) && `must be ${description}`,
  minItems: (least, value) => value.length < least && `must not have fewer than ${least} items`,
  maxItems: (most, value) => value.length > most && `must not have more than ${most} items`,
  minProperties: (least, value) => Object.keys(value).length < least && `must not have fewer than ${least} fields`,
}

type Parts = {
  properties?: Record<string, TSchema>
  required?: string[]
  additionalProperties?: unknown
  items?: TSchema
}

/**
 * Says what is wrong with a value, without saying the value; undefined where it matches its schema. Of each level only
 * what is known to be there is looked at, and of lists and texts no more than they may hold.
 */
export function faultOf(schema: TSchema, value: unknown, field = ''): Fault | undefined {
  for (const [keyword, demand] of Object.entries(schema)) {
    const message = demands[keyword]?.(demand, value, schema)
    if (message) return { field, message }
  }
  const { properties, required = [], additionalProperties, items } = schema as Parts
  if (properties) {
    const fields = value as Record<string, unknown>
    const unknown = Object.keys(fields).find((name) => !Object.hasOwn(properties, name))
    if (additionalProperties === false && unknown !== undefined) return unknownField(field, unknown)
    for (const [name, part] of Object.entries(properties)) {
      const fault = fields[name] === undefined ? undefined : faultOf(part, fields[name], join(field, name))
      if (fault) return fault
    }
    const missing = required.find((name) => fields[name] === undefined)
    if (missing !== undefined) return { field, message: `must have ${missing}` }
  }
  if (items) {
    for (const [index, item] of (value as unknown[]).entries()) {
      const fault = faultOf(items, item, join(field, String(index)))
      if (fault) return fault
    }
  }
  return undefined
}

const join = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`)

/** The name of an unknown field is the sender's own text; it is repeated only where it is a plain word. */
function unknownField(field: string, name: string): Fault {
  if (!/^[\w-]{1,64}$/.test(name)) return { field, message: 'has an unknown field' }
  return { field: join(field, name), message: 'is not a known field' }
}
