/** What is counted; the metrics are made of it. Nothing in it is about people or rooms. */
import type { LimitName } from '../limits/names.ts'
import type { ErrorCode, RestErrorCode } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'

export type CountEvent =
  | { what: 'joined'; role: Role }
  /** `lossless`, or `whole_state` where the missed frames were gone. */
  | { what: 'resumed'; outcome: 'lossless' | 'whole_state' }
  | { what: 'admitted'; waitedMs: number }
  | { what: 'refused'; door: 'signaling' | 'rest'; code: ErrorCode | RestErrorCode }
  | { what: 'limited'; by: LimitName }
  | { what: 'swept'; failed: boolean }

/** Takes note of one event. */
export type Count = (event: CountEvent) => void
