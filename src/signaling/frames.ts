/** Frames as they go over the wire: bytes to message, or a refusal that says why not, and message to bytes. */
import type { TSchema } from 'typebox'
import { type ErrorCode, Refusal } from '../protocol/errors.ts'
import { faultOf } from '../protocol/fault.ts'
import {
  type ClientMessage,
  clientMessages,
  MAX_DEPTH,
  MAX_FIRST_FRAME,
  MAX_FRAME,
  type ServerMessage,
} from '../protocol/messages.ts'
import { RawJson } from '../protocol/raw-json.ts'
import { senderStates } from '../protocol/states.ts'
import { isTooDeep } from './depth.ts'

type Signal = Extract<ClientMessage, { type: 'signal' }>
/** What may be said without a seat. */
export type Entry = Extract<ClientMessage, { type: 'join' | 'resume' }>

const schemas = new Map<unknown, TSchema>(Object.entries(clientMessages))

/** More than any message has. */
const TOO_MANY_FIELDS = 16

/** A refusal, with the `id` of the frame it is about, as far as that could be read. */
export type Undecodable = { refusal: Refusal<ErrorCode>; re: number | undefined }

/**
 * Reads one frame of a seat. What is no JSON object in text is `bad_frame`, what matches no schema `bad_message`.
 * The data of a signal stays text: it is checked to be JSON, and nobody looks into it again.
 */
export function decode(data: Buffer, isBinary: boolean): { message: ClientMessage } | Undecodable {
  const text = isBinary ? '' : data.toString()
  const signal = readSignal(text, data)
  if (signal) return isTooDeep(text) ? tooDeep(signal.id) : { message: signal }
  const frame = readObject(text)
  if (!frame) return refuse('bad_frame')
  const { type } = frame
  const re = idOf(frame)
  if (Object.keys(frame).length >= TOO_MANY_FIELDS) return refuse('bad_message', 'It has too many fields.', re)
  const wrong = explain(type, frame)
  if (wrong !== undefined) return refuse('bad_message', wrong, re)
  if (isTooDeep(text)) return tooDeep(re)
  const message = frame as ClientMessage
  if (message.type !== 'signal') return { message }
  const json = Buffer.from(JSON.stringify(message.data))
  // Numbers may have grown, as 1e20 does.
  if (json.length > MAX_FRAME) return refuse('bad_message', 'data is too long', re)
  return { message: { ...message, data: new RawJson(json) } }
}

/** A message as it is sent to a seat, with its number. */
export function encode(message: ServerMessage, seq: number): Buffer {
  if (message.type !== 'signal' || !(message.data instanceof RawJson)) {
    return Buffer.from(JSON.stringify({ ...message, seq }))
  }
  const { from, data } = message
  const [head, tail] = [`{"type":"signal","from":"${from}","data":`, `,"seq":${seq}}`]
  const frame = Buffer.allocUnsafe(head.length + data.bytes.length + tail.length)
  frame.write(head, 'latin1')
  frame.set(data.bytes, head.length)
  frame.write(tail, head.length + data.bytes.length, 'latin1')
  return frame
}

/**
 * Reads one frame of somebody without a seat, whose word is worth no work: only what may take a seat is looked at.
 * @returns `ends` with the refusal of what was to take one: it closes the connection
 */
export function decodeEntry(data: Buffer, isBinary: boolean): { message: Entry } | (Undecodable & { ends: boolean }) {
  if (data.length > MAX_FIRST_FRAME) return { ...refuse('bad_message', TOO_LONG), ends: true }
  const frame = isBinary ? undefined : readObject(data.toString())
  if (!frame) return { ...refuse('bad_frame'), ends: false }
  const { type } = frame
  const re = idOf(frame)
  if (!isEntry(type)) return { ...refuse('not_joined', undefined, re), ends: false }
  const wrong = explain(type, frame)
  if (wrong !== undefined) return { ...refuse('bad_message', wrong, re), ends: true }
  return { message: frame as Entry }
}

const TOO_LONG = `Before it has joined, a connection may say at most ${MAX_FIRST_FRAME / 1024} KiB at a time.`

const isEntry = (type: unknown): type is Entry['type'] =>
  typeof type === 'string' && Object.hasOwn(senderStates.nobody.none, type)

const refuse = (code: ErrorCode, why?: string, re?: number): Undecodable => ({ refusal: new Refusal(code, why), re })

const tooDeep = (re?: number): Undecodable =>
  refuse('bad_message', `The frame is nested more than ${MAX_DEPTH} deep.`, re)

/** Says which field is wrong, without repeating what was in it; undefined where none is. */
function explain(type: unknown, frame: object): string | undefined {
  const schema = schemas.get(type)
  if (!schema) return 'The type of the message is missing or unknown.'
  const fault = faultOf(schema, frame)
  return fault && [fault.field, fault.message].filter(Boolean).join(' ')
}

/** How a signal begins where its fields come in the order of the reference, as src/client writes them. */
const SIGNAL = /^\{"type":"signal",(?:"id":([1-9]\d{0,14}),)?"to":"([\w-]{1,64})","data":/

/** The hot path, nearly all that is ever said: only the data is parsed, and its bytes go on as they came. */
function readSignal(text: string, bytes: Buffer): Signal | undefined {
  const [start, id, to] = SIGNAL.exec(text) ?? []
  if (start === undefined || to === undefined || !text.endsWith('}')) return undefined
  if (parse(text.slice(start.length, -1)) === undefined) return undefined
  const data = new RawJson(bytes.subarray(start.length, -1))
  return { type: 'signal', ...(id !== undefined && { id: Number(id) }), to, data }
}

function readObject(text: string): { type?: unknown; id?: unknown } | undefined {
  const frame = parse(text)
  return typeof frame === 'object' && frame !== null && !Array.isArray(frame) ? frame : undefined
}

const idOf = ({ id }: { id?: unknown }): number | undefined =>
  Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined

/** Undefined for what is no JSON. The parser's own message would quote the frame, so it goes no further. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
