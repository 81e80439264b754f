/** Frames as they come off the wire: text to message, or a refusal that says why not. */
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Refusal } from '../protocol/errors.ts'
import { type ClientMessage, clientMessages } from '../protocol/messages.ts'

const validators = new Map<unknown, Validator>(
  Object.entries(clientMessages).map(([type, schema]) => [type, Compile(schema as TSchema)]),
)

/** A refusal, with the `id` of the frame it is about, as far as that could be read. */
export type Undecodable = { refusal: Refusal; re: number | undefined }

/**
 * Reads one frame.
 * Throws `bad_frame` for what is no JSON object in text, `bad_message` for what matches no schema.
 */
export function decode(data: Buffer, isBinary: boolean): { message: ClientMessage } | Undecodable {
  if (isBinary) return { refusal: new Refusal('bad_frame', 'Frames must be text.'), re: undefined }
  let frame: unknown
  try {
    frame = JSON.parse(data.toString())
  } catch {
    // The parser's own message quotes the frame, so it goes no further.
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    return { refusal: new Refusal('bad_frame'), re: undefined }
  }
  const { type, id } = frame as { type?: unknown; id?: unknown }
  const validator = validators.get(type)
  if (validator?.Check(frame)) return { message: frame as ClientMessage }
  const re = Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined
  return { refusal: new Refusal('bad_message', explain(validator, frame)), re }
}

/** Says which field is wrong, without repeating what was in it. */
function explain(validator: Validator | undefined, frame: object): string {
  if (!validator) return 'The type of the message is missing or unknown.'
  // An unknown field is reported twice: as additional, and as one whose schema is `false`.
  const error = validator.Errors(frame).find(({ keyword }) => keyword !== 'boolean')
  return [error?.instancePath.slice(1), error?.message].filter(Boolean).join(' ')
}
