/** The protocol's tables as markdown, generated from the tables that the server itself runs on. */
import type { TSchema } from 'typebox'
import { rights } from '../config/admins.ts'
import type { EndReason } from '../contract/records.ts'
import { problemStatus, problemTitles } from '../http/problems.ts'
import { closeCodes, errorCodes, restErrorCodes } from '../protocol/errors.ts'
import {
  clientMessages,
  FEATURES,
  MAX_DEPTH,
  MAX_FIRST_FRAME,
  MAX_FRAME,
  MAX_SERVER_FRAME,
  type Role,
  SUBPROTOCOL,
  serverMessages,
} from '../protocol/messages.ts'
import { type CommandName, refusalOf, type State, senderStates, targetStates } from '../protocol/states.ts'
import { limitRows } from './limit-rows.ts'

/** As much of JSON Schema as the reference shows. */
export type Schema = {
  type?: string
  const?: unknown
  enum?: readonly string[]
  description?: string
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  minimum?: number
  maximum?: number
  maxLength?: number
}

const code = (text: string) => `\`${text}\``

/** Braces and pipes would end a cell or start markup. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/** A markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A schema's type in a few words. */
function typeOf(schema: Schema): string {
  if ('const' in schema) return code(String(schema.const))
  // Error codes have a table of their own.
  if (schema.enum) return schema.enum.length > 10 ? 'a word of a closed list' : schema.enum.map(code).join(' or ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.maxLength !== undefined) return `string, at most ${schema.maxLength} characters`
  if (schema.type === 'integer' && schema.minimum !== undefined) {
    const { minimum, maximum = Infinity } = schema
    return maximum < 1e6 ? `integer, ${minimum} to ${maximum}` : `integer, at least ${minimum}`
  }
  return schema.type ?? 'any JSON'
}

/** The object that a field consists of, through lists and nullable unions. */
function within({ properties, items, anyOf, ...rest }: Schema, path: string): [Schema, string] | undefined {
  if (properties) return [{ properties, ...rest }, `${path}.`]
  if (items) return within(items, `${path}[]`)
  return anyOf?.map((option) => within(option, path)).find((found) => found)
}

/** The fields of an object, nested ones under their path. */
function fieldRows({ properties = {}, required = [] }: Schema, prefix = ''): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix + name
    const inner = within(schema, path)
    const optional = required.includes(name) ? '' : 'optional; '
    const { description = schema.anyOf?.find((option) => option.description)?.description ?? '' } = schema
    const row = [code(path), optional + typeOf(schema), description]
    return [row, ...(inner ? fieldRows(inner[0], inner[1]) : [])]
  })
}

export function fields(schema: Schema): string {
  const rows = fieldRows(schema).filter(([name]) => name !== code('type'))
  return rows.length > 0 ? table(['field', 'type', 'meaning'], rows) : 'No fields.'
}

const messages = (all: Record<string, TSchema>) =>
  Object.entries(all)
    .map(([name, schema]: [string, Schema]) => `### ${code(name)}\n\n${schema.description ?? ''}\n\n${fields(schema)}`)
    .join('\n\n')

function senders(): string {
  const places = Object.entries(senderStates).flatMap(([role, states]) =>
    Object.keys(states).map((state) => ({ role: role as Role | 'nobody', state: state as State, states })),
  )
  const rows = (Object.keys(clientMessages) as CommandName[]).map((command) => [
    code(command),
    ...places.map(({ role, state, states }) => {
      const refusal = refusalOf(role, state, command)
      if (refusal) return code(refusal)
      return `yes, then ${(states as Record<string, Record<string, string>>)[state]?.[command]}`
    }),
  ])
  return table(
    ['frame', ...places.map(({ role, state }) => (role === 'nobody' ? 'no seat yet' : `${role}, ${state}`))],
    rows,
  )
}

function targets(): string {
  const states = ['waiting', 'admitted'] as const
  const rows = Object.entries(targetStates).flatMap(([role, commands]) =>
    Object.entries(commands).map(([command, moves]: [string, Partial<Record<string, string>>]) => [
      `${code(command)}, ${role}`,
      ...states.map((state) => {
        const then = moves[state]
        return then ? (then === state ? 'stays as it is' : `then ${then}`) : code('wrong_state')
      }),
    ]),
  )
  return table(['frame, of', ...states.map((state) => `a guest who is ${state}`)], rows)
}

const { origin_forbidden, https_required, upgrade_required } = restErrorCodes
/** Said before the upgrade, beside `throttled` and `server_busy`. */
const upgradeErrors = { origin_forbidden, https_required, upgrade_required }

const meanings = (all: Record<string, string>, ...head: [word: string, meaning: string]) =>
  table(
    head,
    Object.entries(all).map(([word, meaning]) => [code(word), meaning]),
  )

/** What a frontend does after a close code. */
function adviceOn(code: number): string {
  if (code === 1009) return 'mend the client'
  if (code === 4008) return 'connect again, join'
  if (code === 4506) return 'stop, tell the user, who may mend the code or the name'
  return code >= 4500 || code === 1000 ? 'stop, tell the user' : 'connect again, resume'
}

const closeTable = () =>
  table(
    ['code', 'meaning', 'what to do'],
    Object.values(closeCodes).map(({ code, meaning }) => [String(code), meaning, adviceOn(code)]),
  )

/** Why somebody has left, or a session has ended. */
export const reasons: Record<EndReason, string> = {
  left: 'went of its own accord: `leave`',
  denied: 'was sent away by host or staff',
  held: 'was put back into the waiting room; it still is in the room',
  ended: 'the host has ended the session',
  expired: 'the connection was lost and nobody came back in time, or the seat was too old',
  replaced: 'the code was used again, by a join that took the seat over',
  revoked: 'an admin has revoked the code',
  interrupted: 'only in the record: the server was stopped, and nobody came back afterwards',
}

/** Anchors, so that the `type` of a problem document leads to its row. */
export const problemTable = (): string =>
  table(
    ['code', 'status', 'meaning'],
    Object.entries(problemTitles)
      .map(([name, title]) => ({ name, title, status: problemStatus[name as keyof typeof problemStatus] }))
      .sort((a, b) => a.status - b.status)
      .map(({ name, title, status }) => [`${code(name)}{#${name}}`, String(status), title]),
  )

/** The same tables as JSON, for those who generate code from them, or check theirs. */
export const tables = () => ({
  subprotocol: SUBPROTOCOL,
  limits: { frame: MAX_FRAME, firstFrame: MAX_FIRST_FRAME, serverFrame: MAX_SERVER_FRAME, depth: MAX_DEPTH },
  features: FEATURES,
  senders: senderStates,
  targets: targetStates,
  errors: errorCodes,
  upgradeErrors,
  closeCodes: Object.entries(closeCodes).map(([name, { code, meaning }]) => ({
    ...{ code, name, meaning, advice: adviceOn(code) },
  })),
  reasons,
})

/** What a document may have generated into it: `<!-- states -->` and so on. */
const generated: Record<string, () => string> = {
  states: senders,
  targets,
  'client messages': () => messages(clientMessages),
  'server messages': () => messages(serverMessages),
  errors: () => meanings(errorCodes, 'code', 'meaning'),
  'upgrade errors': () => meanings(upgradeErrors, 'code', 'meaning'),
  features: () =>
    Object.entries(FEATURES)
      .map(([name, meaning]) => `${code(name)} (${meaning})`)
      .join(', '),
  'close codes': closeTable,
  reasons: () => meanings(reasons, 'reason', 'the peer; of a session: the last of its guests, or its host'),
  rights: () => meanings(rights, 'right', 'to'),
  limits: () => table(['setting', 'default', 'what, and why', 'who meets it sees', 'counted as'], limitRows()),
}

/**
 * Replaces the placeholders of a markdown document by what the code says.
 * @param more what can be generated beside the protocol's tables, by the placeholder's name
 */
export function fillIn(markdown: string, more: Record<string, () => string> = {}): string {
  const all = { ...generated, ...more }
  return markdown.replace(/<!-- ([a-z ]+) -->/g, (comment, name: string) => all[name]?.() ?? comment)
}
