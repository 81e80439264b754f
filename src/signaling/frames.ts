/** Frames as they come off the wire: text to message, or a refusal that says why not. */
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Refusal } from '../protocol/errors.ts'
import { type ClientMessage, clientMessages, MAX_FRAME } from '../protocol/messages.ts'
import { Unread } from '../protocol/unread.ts'

const validators = new Map<unknown, Validator>(
  Object.entries(clientMessages).map(([type, schema]) => [type, Compile(schema as TSchema)]),
)

/** A refusal, with the `id` of the frame it is about, as far as that could be read. */
export type Undecodable = { refusal: Refusal; re: number | undefined }

/**
 * Reads one frame. What is no JSON object in text is `bad_frame`, what matches no schema `bad_message`.
 * The data of a signal stays text: it is checked to be JSON, and nobody looks into it again.
 */
export function decode(data: Buffer, isBinary: boolean): { message: ClientMessage } | Undecodable {
  if (isBinary) return { refusal: new Refusal('bad_frame', 'Frames must be text.'), re: undefined }
  const text = data.toString()
  const signal = readSignal(text)
  if (signal) return { message: signal }
  const frame = parse(text)
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    return { refusal: new Refusal('bad_frame'), re: undefined }
  }
  const { type, id } = frame as { type?: unknown; id?: unknown }
  const validator = validators.get(type)
  const re = Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined
  if (!validator?.Check(frame)) return { refusal: new Refusal('bad_message', explain(validator, frame)), re }
  const message = frame as ClientMessage
  if (message.type !== 'signal') return { message }
  const json = write(message.data)
  if (json === undefined) return { refusal: new Refusal('bad_message', 'data is nested too deeply or too long'), re }
  return { message: { ...message, data: new Unread(json) } }
}

/** How a signal begins where its fields come in the order of the reference, as src/client writes them. */
const SIGNAL = /^\{"type":"signal",(?:"id":([1-9]\d{0,14}),)?"to":"([\w-]{1,64})","data":/

/** The hot path, nearly all that is ever said: only the data is parsed, and it goes on as it came. */
function readSignal(text: string): ClientMessage | undefined {
  const [start, id, to] = SIGNAL.exec(text) ?? []
  if (start === undefined || to === undefined || !text.endsWith('}')) return undefined
  const json = text.slice(start.length, -1)
  if (parse(json) === undefined) return undefined
  return { type: 'signal', ...(id !== undefined && { id: Number(id) }), to, data: new Unread(json) }
}

/** Undefined for what is no JSON. The parser's own message would quote the frame, so it goes no further. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined for what cannot be written, since it is nested too deeply, or would make too large a frame. */
function write(data: unknown): string | undefined {
  try {
    const json = JSON.stringify(data)
    return Buffer.byteLength(json) <= MAX_FRAME ? json : undefined
  } catch {
    return undefined
  }
}

/** Says which field is wrong, without repeating what was in it. */
function explain(validator: Validator | undefined, frame: object): string {
  if (!validator) return 'The type of the message is missing or unknown.'
  // An unknown field is reported twice: as additional, and as one whose schema is `false`.
  const error = validator.Errors(frame).find(({ keyword }) => keyword !== 'boolean')
  return [error?.instancePath.slice(1), error?.message].filter(Boolean).join(' ')
}
