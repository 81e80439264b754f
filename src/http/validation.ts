/** Validates requests with the very schemas that the reference shows; nothing is coerced in bodies. */
import type { FastifyInstance, FastifySchemaCompiler, FastifyServerOptions, FastifyTypeProvider } from 'fastify'
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

/** For Fastify's constructor, which loads Ajv otherwise, and knows its types alone. Answers go out as handlers give them. */
export const schemaController = {
  compilersFactory: { buildValidator: () => compileValidator, buildSerializer: () => () => JSON.stringify },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>
