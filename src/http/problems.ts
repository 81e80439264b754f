/** Every error of the HTTP door, as a problem document (RFC 9457) with one of the stable codes. */
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCodes, Refusal, type RestErrorCode, restErrorCodes } from '../protocol/errors.ts'
import { instant, oneOf } from '../protocol/schemas.ts'
import { Type } from '../protocol/type.ts'

// To import the module would fetch all that it has, which loads Node's whole client (100 ms, 14 MB).
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** All codes that HTTP can answer with. */
export type ProblemCode = ErrorCode | RestErrorCode

/** The codes, and what they tell a developer. */
export const problemTitles: Record<ProblemCode, string> = {
  ...errorCodes,
  ...restErrorCodes,
  bad_frame: 'The request cannot be read: its address or its JSON body is malformed.',
  bad_message: 'The request does not match its schema.',
  forbidden: 'This admin may not do that: it lacks the right, or the room is not one of its own.',
}

/** Which HTTP status goes with a code. */
export const problemStatus = {
  bad_frame: 400,
  bad_message: 400,
  code_malformed: 400,
  name_required: 400,
  name_invalid: 400,
  window_invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  origin_forbidden: 403,
  https_required: 403,
  code_too_early: 403,
  not_found: 404,
  code_unknown: 404,
  no_such_peer: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  already_joined: 409,
  code_in_use: 409,
  code_revoked: 409,
  not_joined: 409,
  room_full: 409,
  wrong_state: 409,
  code_expired: 410,
  seat_expired: 410,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  upgrade_required: 426,
  throttled: 429,
  internal: 500,
  server_busy: 503,
} as const satisfies Record<ProblemCode, number>

/** What a problem document looks like; further facts of a code are members of their own. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'where the code is explained' }),
    title: Type.String(),
    status: Type.Integer(),
    code: oneOf(Object.keys(problemTitles) as [ProblemCode, ...ProblemCode[]], { title: 'ProblemCode' }),
    detail: Type.Optional(Type.String({ description: 'what exactly, for developers' })),
    notBefore: Type.Optional(instant('with code_too_early: when to come again')),
    retryAfter: Type.Optional(Type.Integer({ description: 'with throttled and server_busy: seconds to wait' })),
  },
  { title: 'Problem', description: 'Problem document (RFC 9457)' },
)

/** Fastify's own errors have a status; these are our words for it. */
const codeOfStatus: Record<number, ProblemCode> = {
  404: 'not_found',
  406: 'not_acceptable',
  408: 'request_timeout',
  413: 'too_large',
  414: 'not_found',
  415: 'unsupported_media_type',
  426: 'upgrade_required',
  431: 'too_large',
  503: 'server_busy',
}

/** Translates whatever was thrown. Of errors that are not ours nothing is said but their kind. */
function refusalFor(error: FastifyError | Refusal): Refusal {
  if (error instanceof Refusal) return error
  // A client that hangs up in the middle of an answer has failed by itself; nobody reads this one.
  if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return new Refusal('bad_frame')
  const status = error.statusCode ?? 500
  return new Refusal(codeOfStatus[status] ?? (status >= 400 && status < 500 ? 'bad_frame' : 'internal'))
}

function problem({ code, message, facts }: Refusal): string {
  const title = problemTitles[code]
  const detail = message === title || message === errorCodes[code as ErrorCode] ? undefined : message
  return JSON.stringify({ type: `/docs/rest#${code}`, title, status: problemStatus[code], code, detail, ...facts })
}

/** Answers with the problem document of a refusal, and the headers that belong to it. */
function send(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { code, facts } = refusal
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
  if (code === 'upgrade_required') reply.header('upgrade', 'websocket').header('sec-websocket-version', '13')
  if (facts.retryAfter !== undefined) reply.header('retry-after', facts.retryAfter)
  return reply.code(problemStatus[code]).type('application/problem+json').send(problem(refusal))
}

/** Refuses with not_found; the handler for addresses that nobody serves. */
export function notFound(): never {
  throw new Refusal('not_found')
}

/** Who hears of what goes wrong. */
export type ErrorListener = {
  /** Errors that are this program's own; to the outside they are just `internal`. */
  failed?: (error: unknown) => void
  /** Whatever was refused, by its code. */
  refused?: (code: ProblemCode) => void
  /** The page, if there is one, for people who have come to an address that nobody serves. */
  lostPage?: (() => string) | undefined
}

/** Makes problem documents the answer to everything that goes wrong in this instance and below. */
export function answerProblems(app: FastifyInstance, { failed, refused, lostPage }: ErrorListener = {}): void {
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    const refusal = refusalFor(error)
    refused?.(refusal.code)
    if (refusal.code === 'internal') failed?.(error)
    return send(reply, refusal)
  })
  app.setNotFoundHandler(({ method, headers }, reply) => {
    if (method !== 'GET' || !lostPage || !headers.accept?.includes('text/html')) return notFound()
    refused?.('not_found')
    return reply.code(404).type('text/html; charset=utf-8').send(lostPage())
  })
}

/** What Node calls an error of a client. */
const codeOfNode: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

type EarlyListener = {
  refused: (code: ProblemCode) => void
  /** Whether so much has come from there that it is not even answered. */
  isTooMuch: (socket: Socket) => boolean
}

/** For Fastify's constructor: errors from before a request has found its instance. */
export const earlyErrors = ({ refused, isTooMuch }: EarlyListener) => ({
  frameworkErrors: (error: FastifyError | Refusal, _request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = refusalFor(error)
    refused(refusal.code)
    send(reply, refusal)
  },

  clientErrorHandler: ({ code = '' }: NodeJS.ErrnoException, socket: Socket): void => {
    // Where TLS has not come about nothing can be said, and what is written would wait for it for ever.
    if (code === 'ECONNRESET' || /^ERR_(SSL|TLS)_/.test(code) || !socket.writable) return void socket.destroy()
    if (isTooMuch(socket)) return void socket.destroy()
    const refusal = new Refusal(codeOfNode[code] ?? 'bad_frame')
    refused(refusal.code)
    const status = problemStatus[refusal.code]
    const body = problem(refusal)
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      // Nobody else watches this connection any more: it must not last for as long as the client likes.
      () => socket.destroy(),
    )
  },
})
