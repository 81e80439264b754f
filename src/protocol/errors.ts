/** What can go wrong, as a closed list of stable codes, and how a connection is closed. */

/** Codes of the `error` message, with what they tell a developer. Frontends translate the code. */
export const errorCodes = {
  bad_frame: 'The frame is not a JSON object in a text frame.',
  bad_message: 'The message does not match its schema.',
  not_joined: 'The first frame must be join or resume.',
  already_joined: 'This connection has a seat already.',
  forbidden: 'This role may not do that.',
  wrong_state: 'That is not possible in the present state.',
  no_such_peer: 'There is no such peer that this can be said to.',
  room_full: 'The room has no more space.',
  code_malformed: 'The code is mistyped: its length, alphabet or check symbol is wrong.',
  code_unknown: 'There is no such code.',
  code_too_early: 'The code is not valid yet.',
  code_expired: 'The code is not valid any more.',
  code_revoked: 'The code was revoked.',
  code_in_use: 'The seat of this code is taken; takeover: true takes it over.',
  name_required: 'A guest must give a name.',
  name_invalid: 'A name has 1 to 64 visible characters, without control characters or bidi overrides.',
  seat_expired: 'The seat is gone.',
  throttled: 'Too many attempts; try again after retryAfter seconds.',
  server_busy: 'The server takes nobody in at the moment.',
  internal: 'The server failed to do that; nothing was changed.',
} as const

/** Codes that only REST uses, beside the list above: HTTP knows mishaps that the socket does not. */
export const restErrorCodes = {
  unauthorized: 'A valid admin token is needed: Authorization: Bearer.',
  not_found: 'There is nothing at this address.',
  method_not_allowed: 'This address does not know this method.',
  not_acceptable: 'This address has nothing in an accepted format.',
  origin_forbidden: 'Pages of this origin may not connect.',
  https_required: 'The request came over plain HTTP from outside.',
  upgrade_required: 'This address speaks WebSocket: upgrade, with the subprotocol wartezimmer.v1.',
  too_large: 'The body or the headers are too large.',
  unsupported_media_type: 'The body must be application/json.',
  request_timeout: 'The request took too long to arrive.',
  idempotency_mismatch: 'This Idempotency-Key was used for a different request.',
  window_invalid: 'The window of time is not possible.',
} as const

export type ErrorCode = keyof typeof errorCodes
export type RestErrorCode = keyof typeof restErrorCodes

/** Facts that belong to a code: `notBefore` (epoch ms) and `retryAfter` (seconds). */
export type ErrorFacts = { notBefore?: number; retryAfter?: number }

/**
 * The one error of this program that is meant for whoever asked. Thrown before anything has
 * changed; each door maps it once, to an `error` message or to a problem document.
 */
export class Refusal<Code extends ErrorCode | RestErrorCode = ErrorCode | RestErrorCode> extends Error {
  readonly code: Code
  readonly facts: ErrorFacts

  /** @param message for developers; must hold nothing that the other side did not say itself */
  constructor(code: Code, message?: string, facts: ErrorFacts = {}) {
    super(message ?? { ...errorCodes, ...restErrorCodes }[code])
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
  }
}

/**
 * Close codes (RFC 6455, section 7.4). The range says what to do next: 4000 to 4499 connect again
 * and resume, 4500 to 4999 stop and tell the user.
 */
export const closeCodes = {
  left: { code: 1000, meaning: 'you left' },
  frame_too_large: { code: 1009, meaning: 'frame over 64 KiB' },
  restarting: { code: 1012, meaning: 'the server restarts: resume after a random wait of up to 5 s' },
  too_slow: { code: 4001, meaning: 'too slow: the outbound queue was full' },
  join_timeout: { code: 4008, meaning: 'nothing joined in time' },
  throttled: { code: 4029, meaning: 'throttled, retryAfter was said' },
  replaced: { code: 4501, meaning: 'replaced by a newer connection of the same seat' },
  denied: { code: 4502, meaning: 'denied by the host' },
  ended: { code: 4503, meaning: 'the session was ended' },
  seat_expired: { code: 4504, meaning: 'the seat expired' },
  revoked: { code: 4505, meaning: 'the code was revoked' },
  refused: { code: 4506, meaning: 'join or resume refused; the error before it says why' },
  too_many_refusals: { code: 4507, meaning: 'too many refused frames' },
} as const

export type CloseReason = keyof typeof closeCodes
