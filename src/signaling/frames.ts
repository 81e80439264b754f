/** Frames as they come off the wire: text to message, or a refusal that says why not. */
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Refusal } from '../protocol/errors.ts'
import { type ClientMessage, clientMessages, MAX_DEPTH, MAX_FRAME } from '../protocol/messages.ts'
import { RawJson } from '../protocol/raw-json.ts'

type Signal = Extract<ClientMessage, { type: 'signal' }>

const validators = new Map<unknown, Validator>(
  Object.entries(clientMessages).map(([type, schema]) => [type, Compile(schema as TSchema)]),
)

/** A refusal, with the `id` of the frame it is about, as far as that could be read. */
export type Undecodable = { refusal: Refusal<'bad_frame' | 'bad_message'>; re: number | undefined }

/**
 * Reads one frame. What is no JSON object in text is `bad_frame`, what matches no schema `bad_message`.
 * The data of a signal stays text: it is checked to be JSON, and nobody looks into it again.
 */
export function decode(data: Buffer, isBinary: boolean): { message: ClientMessage } | Undecodable {
  if (isBinary) return refuse('bad_frame', 'Frames must be text.')
  const text = data.toString()
  const signal = readSignal(text)
  if (signal) return isTooDeep(text) ? tooDeep(signal.id) : { message: signal }
  const frame = parse(text)
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) return refuse('bad_frame')
  const { type, id } = frame as { type?: unknown; id?: unknown }
  const validator = validators.get(type)
  const re = Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined
  if (!validator?.Check(frame)) return refuse('bad_message', explain(validator, frame), re)
  if (isTooDeep(text)) return tooDeep(re)
  const message = frame as ClientMessage
  if (message.type !== 'signal') return { message }
  const json = JSON.stringify(message.data)
  // Numbers may have grown, as 1e20 does.
  if (Buffer.byteLength(json) > MAX_FRAME) return refuse('bad_message', 'data is too long', re)
  return { message: { ...message, data: new RawJson(json) } }
}

const refuse = (code: 'bad_frame' | 'bad_message', why?: string, re?: number): Undecodable => ({
  refusal: new Refusal(code, why),
  re,
})

const tooDeep = (re?: number): Undecodable =>
  refuse('bad_message', `The frame is nested more than ${MAX_DEPTH} deep.`, re)

/** How a signal begins where its fields come in the order of the reference, as src/client writes them. */
const SIGNAL = /^\{"type":"signal",(?:"id":([1-9]\d{0,14}),)?"to":"([\w-]{1,64})","data":/

/** The hot path, nearly all that is ever said: only the data is parsed, and it goes on as it came. */
function readSignal(text: string): Signal | undefined {
  const [start, id, to] = SIGNAL.exec(text) ?? []
  if (start === undefined || to === undefined || !text.endsWith('}')) return undefined
  const json = text.slice(start.length, -1)
  if (parse(json) === undefined) return undefined
  return { type: 'signal', ...(id !== undefined && { id: Number(id) }), to, data: new RawJson(json) }
}

/** Undefined for what is no JSON. The parser's own message would quote the frame, so it goes no further. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Strings as a whole, so that brackets in them do not count, and all brackets. */
const STRINGS_AND_BRACKETS = /"(?:[^"\\]|\\.)*"|[[\]{}]/g

/** Whether JSON that is known to be valid is nested deeper than it may be. */
function isTooDeep(json: string): boolean {
  if (!hasManyBrackets(json)) return false
  let depth = 0
  for (const [token] of json.matchAll(STRINGS_AND_BRACKETS)) {
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** Nearly nothing has so many that it could be too deep, and to count them costs less than to match them. */
function hasManyBrackets(json: string): boolean {
  let count = 0
  for (const bracket of '[{') {
    for (let at = json.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = json.indexOf(bracket, at + 1)) count += 1
  }
  return count > MAX_DEPTH
}

/** Says which field is wrong, without repeating what was in it. */
function explain(validator: Validator | undefined, frame: object): string {
  if (!validator) return 'The type of the message is missing or unknown.'
  // An unknown field is reported twice: as additional, and as one whose schema is `false`.
  const error = validator.Errors(frame).find(({ keyword }) => keyword !== 'boolean')
  return [error?.instancePath.slice(1), error?.message].filter(Boolean).join(' ')
}
