/** Lists that go out page by page, as JSON or as CSV. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Refusal } from '../protocol/errors.ts'
import { Link } from './answers.ts'

/** The row's fields, in the order in which they are written. */
type List<Name extends string, Row extends object> = {
  /** What the list is called in its address and in JSON. */
  name: Name
  columns: readonly (keyof Row & string)[]
  /** Those that are epoch ms; in CSV they are ISO 8601 in UTC. */
  instants: readonly (keyof Row & string)[]
}

const FORMS = ['application/json', 'text/csv'] as const

/** The good answer of such a route, for its description. */
export const page = (description: string, schema: TSchema) => ({
  200: {
    description,
    headers: Link,
    content: { 'application/json': { schema }, 'text/csv': { schema: { type: 'string' } } },
  },
})

/** The form that a request prefers. Throws a Refusal: not_acceptable. */
function formOf(request: FastifyRequest, reply: FastifyReply): string {
  reply.header('vary', 'accept')
  const form = request.accepts().type([...FORMS])
  if (typeof form !== 'string') throw new Refusal('not_acceptable', `There is ${FORMS.join(' and ')}.`)
  return form
}

/** Reads a page, unless its form is refused, and sends it; the `Link` header leads to the next one. */
export async function sendPage<Name extends string, Row extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  list: List<Name, Row>,
  read: () => Promise<{ next: string | null } & Record<Name, readonly Row[]>>,
): Promise<FastifyReply> {
  const form = formOf(request, reply)
  const found = await read()
  if (found.next) {
    const following = new URLSearchParams()
    const query = Object.entries({ ...(request.query as object), after: found.next })
    for (const [name, value] of query) following.set(name, String(value))
    reply.header('link', `</v1/${list.name}?${following}>; rel="next"`)
  }
  if (form === 'application/json') return reply.type(form).send(found)
  return reply.type('text/csv; charset=utf-8; header=present').send(csv(list, found[list.name]))
}

/** RFC 4180: several references in one field are separated by commas, so that field is quoted. */
const field = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

function csv<Row extends object>({ columns, instants }: List<string, Row>, rows: readonly Row[]): string {
  const readable = (row: Row, column: keyof Row & string): unknown => {
    const value = row[column]
    return instants.includes(column) && value !== null ? new Date(value as number).toISOString() : value
  }
  const lines = rows.map((row) => columns.map((column) => field(String(readable(row, column) ?? ''))))
  return [columns, ...lines].map((line) => `${line.join(',')}\r\n`).join('')
}
