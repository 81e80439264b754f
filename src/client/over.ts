/** Why a visit is over, from the close code and from what the server said before it. */
import { type CloseReason, closeCodes, type ErrorCode } from '../protocol/errors.ts'

/** A refused `join` or `resume`: the code, and when to come again where that is known. */
export type Refused = { code: ErrorCode; notBefore?: number; retryAfter?: number }

/** A page says it in words, and offers to dial in again. */
export type Over =
  | { reason: 'left' | 'ended' | 'replaced' | 'seat_expired' | 'revoked' | 'too_many_refusals' }
  /** The two safety numbers were not the same: we have said so, or they. */
  | { reason: 'not_safe'; by: 'us' | 'them' }
  /** Sent away by the practice; `text` is its explanation, if it gave one. */
  | { reason: 'denied'; text?: string }
  | ({ reason: 'refused' } & Refused)

/** @returns the protocol's name of a close code; undefined for a code that is not in its list, as 1006 */
export function closeReason(closeCode: number): CloseReason | undefined {
  const names = Object.keys(closeCodes) as CloseReason[]
  return names.find((name) => closeCodes[name].code === closeCode)
}

/** @returns the reason behind a close code after which one does not connect again */
export function overBecause(closeCode: number, refused: Refused | undefined): Over {
  const reason = closeReason(closeCode)
  switch (reason) {
    case 'left':
    case 'ended':
    case 'replaced':
    case 'denied':
    case 'seat_expired':
    case 'revoked':
    case 'too_many_refusals':
      return { reason }
    case 'refused':
    // After these one connects again, so they never get here; nor does an unknown one by this server.
    case 'frame_too_large':
    case 'restarting':
    case 'too_slow':
    case 'join_timeout':
    case 'throttled':
    case undefined:
      return { reason: 'refused', ...(refused ?? { code: 'internal' }) }
    default:
      return reason satisfies never
  }
}
