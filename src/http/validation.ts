/** Checks requests and trims answers with the very schemas that the reference shows; nothing is coerced in bodies. */
import type {
  FastifyInstance,
  FastifySchemaCompiler,
  FastifySerializerCompiler,
  FastifyServerOptions,
  FastifyTypeProvider,
} from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Refusal } from '../protocol/errors.ts'
import { faultOf } from '../protocol/fault.ts'

/** Gives handlers the types of their schemas. */
interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
}

/** A Fastify instance whose handlers are typed by their schemas. */
export type TypedApp =
  FastifyInstance extends FastifyInstance<infer S, infer Q, infer R, infer L>
    ? FastifyInstance<S, Q, R, L, SchemaTypes>
    : never

/** Queries are text: the fields that are numbers in the schema are read as such where they look it. */
function readNumbers(schema: TSchema, query: Record<string, unknown>): Record<string, unknown> {
  const { properties } = schema as { properties?: Record<string, { type?: string }> }
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      const isNumber = properties?.[name]?.type === 'integer' && typeof text === 'string' && /^\d{1,15}$/.test(text)
      return [name, isNumber ? Number(text) : text]
    }),
  )
}

const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const part = httpPart === 'querystring' ? 'query' : httpPart
  return (given: unknown) => {
    const value = httpPart === 'querystring' ? readNumbers(schema, given as Record<string, unknown>) : given
    const fault = faultOf(schema, value)
    if (!fault) return { value }
    return { error: new Refusal('bad_message', `${[part, fault.field].filter(Boolean).join('.')} ${fault.message}`) }
  }
}

type Parts = { properties?: Record<string, TSchema>; items?: TSchema; anyOf?: TSchema[] }

/** As much of an answer as its schema names: what is not in the reference is told to nobody. */
function only(schema: TSchema, value: unknown): unknown {
  const { properties, items, anyOf } = schema as Parts
  const chosen = anyOf?.find((one) => !faultOf(one, value))
  if (chosen) return only(chosen, value)
  if (items) return (value as unknown[]).map((item) => only(items, item))
  if (!properties) return value
  const fields = Object.entries(properties).map(([name, part]) => {
    const field = (value as Record<string, unknown>)[name]
    return [name, field === undefined ? field : only(part, field)]
  })
  return Object.fromEntries(fields)
}

const compileSerializer: FastifySerializerCompiler<TSchema> =
  ({ schema }) =>
  (answer) =>
    JSON.stringify(only(schema, answer))

/** For long lists whose rows are just what was asked of the database: twice as fast as to look at each. */
export const rowsAsTheyAre = () => JSON.stringify

/** For Fastify's constructor, which loads Ajv otherwise, and knows its types alone. */
export const schemaController = {
  compilersFactory: { buildValidator: () => compileValidator, buildSerializer: () => compileSerializer },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>
