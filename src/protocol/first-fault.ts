/** The first fault of what somebody sent, in words. To list them all would take as long as the sender likes. */
import type { TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'

/** `field` is where, with dots between the levels, and empty for the value itself. */
export type Fault = { field: string; message: string }

type Parts = {
  properties?: Record<string, TSchema>
  additionalProperties?: unknown
  items?: TSchema
  maxItems?: number
  const?: unknown
  anyOf?: { const?: unknown }[]
  pattern?: string
  description?: string
}

/**
 * Says what is wrong with a value that does not match its schema, without saying the value. Of each level only
 * what is known to be there is looked at, and of lists only what they may hold.
 */
export function firstFault(schema: TSchema, value: unknown, field = ''): Fault {
  const { properties, additionalProperties, items, ...own } = schema as TSchema & Parts
  if (properties && typeof value === 'object' && value !== null) {
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(properties, name))
    if (additionalProperties === false && unknown !== undefined) return unknownField(field, unknown)
    for (const [name, part] of Object.entries(properties)) {
      const inner = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
      if (inner !== undefined && !Check(part, inner)) return firstFault(part, inner, join(field, name))
    }
  }
  if (items && Array.isArray(value) && value.length <= (own.maxItems ?? 0)) {
    const wrong = value.findIndex((item) => !Check(items, item))
    if (wrong >= 0) return firstFault(items, value[wrong], join(field, String(wrong)))
  }
  // No part of it is wrong, so the whole is.
  const [fault] = Errors(own as TSchema, value)
  return { field, message: (fault && ruleOf(own, fault.keyword)) ?? fault?.message ?? 'is not possible' }
}

/** What a value must be, where that says more than the keyword that it does not fulfil. */
function ruleOf({ anyOf = [], description, ...own }: Parts, keyword: string): string | undefined {
  if (keyword === 'pattern' && description) return `must be ${description}`
  if (keyword !== 'const' && keyword !== 'anyOf') return undefined
  const values = [own, ...anyOf].flatMap((option) => ('const' in option ? String(option.const) : []))
  return values.length > 0 ? `must be ${words.format(values)}` : undefined
}

const words = new Intl.ListFormat('en-GB', { type: 'disjunction' })

const join = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`)

/** The name of an unknown field is the sender's own text; it is repeated only where it is a plain word. */
function unknownField(field: string, name: string): Fault {
  if (!/^[\w-]{1,64}$/.test(name)) return { field, message: 'has an unknown field' }
  return { field: join(field, name), message: 'is not a known field' }
}
