/** The REST API's reference as markdown, generated from the OpenAPI document. */

import { ALWAYS } from './answers.ts'
import { fields, problemTable, type Schema } from './reference.ts'

type Media = { content?: Record<string, { schema: Schema }>; description?: string }
type Parameter = { name: string; in: string; required?: boolean; description?: string; schema: Schema }
type Operation = {
  summary?: string
  description?: string
  security?: { admin?: string[] }[]
  parameters?: Parameter[]
  requestBody?: Media
  responses: Record<string, Media>
}

/** As much of OpenAPI as the reference shows. */
export type OpenApi = {
  info: { description?: string }
  tags?: { name: string; description?: string }[]
  paths?: Record<string, Record<string, Operation>>
}

/** Parameters look like the fields of an object. */
const parameters = (all: Parameter[]) =>
  fields({
    properties: Object.fromEntries(
      all.map(({ name, schema, in: where, description = schema.description }) => [
        name,
        { ...schema, description: [`in the ${where}`, description].filter(Boolean).join(': ') },
      ]),
    ),
    required: all.filter(({ required }) => required).map(({ name }) => name),
  })

function media(title: string, { content = {}, description = '' }: Media): string[] {
  const schema = content['application/json']?.schema
  const types = Object.keys(content).map((type) => `\`${type}\``)
  const line = [`**${title}**`, description, types.join(', ')].filter(Boolean).join(' · ')
  return schema?.properties ? [line, fields(schema)] : [line]
}

const isRefusal = ({ content = {} }: Media): boolean => 'application/problem+json' in content

/** The codes of what an operation alone is refused with, as the answers say them. */
const codesOf = (responses: Record<string, Media>): string[] =>
  Object.values(responses)
    .filter(isRefusal)
    .flatMap(({ description = '' }) => [...description.matchAll(/`\w+`(?=:)/g)].map(([code]) => code))
    .filter((one) => !ALWAYS.some((always) => one === `\`${always}\``))

/** Which rights open an operation. */
function needs(security: Operation['security']): string {
  if (security?.length === 0) return ' Needs no token.'
  const rights = security?.flatMap(({ admin = [] }) => admin) ?? []
  return rights.length > 0 ? ` Needs the right ${rights.map((right) => `\`${right}\``).join(' or ')}.` : ''
}

function operation(path: string, method: string, { summary = '', description, ...rest }: Operation): string[] {
  const { parameters: all = [], requestBody, responses, security } = rest
  const codes = codesOf(responses)
  return [
    `## ${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    `${summary}.${description ? ` ${description}` : ''}${needs(security)}`,
    ...(all.length > 0 ? [parameters(all)] : []),
    ...(requestBody ? media('Body', requestBody) : []),
    ...Object.entries(responses).flatMap(([status, answer]) => (isRefusal(answer) ? [] : media(status, answer))),
    ...(codes.length > 0 ? [`Refused with ${codes.join(', ')}.`] : []),
  ]
}

/** The whole page. */
export function manual({ info, paths = {} }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, one]) => operation(path, method, one)),
  )
  return [
    '# REST API',
    info.description ?? '',
    'Requests and answers are JSON; instants are milliseconds since 1970, UTC. Every address under `/v1` needs ' +
      '`Authorization: Bearer TOKEN`; what an admin may do: [admins](/docs/admins). The same for machines: [openapi.json](/openapi.json).',
    ...operations,
    '## Errors',
    'Errors are problem documents (RFC 9457, `application/problem+json`). `code` is stable; `title` and `detail` ' +
      `are for developers and may change. Any request may be refused with ${ALWAYS.map((code) => `\`${code}\``).join(', ')}.`,
    problemTable(),
  ].join('\n\n')
}
