/** What is counted; the metrics are made of it. Nothing in it is about people or rooms. */
import type { LimitName } from '../limits/names.ts'
import type { ErrorCode, RestErrorCode } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'

/** How somebody came: by a proxy that is trusted, by one that is not, or by none, as far as can be seen. */
export const WAYS = ['proxy', 'unknown_proxy', 'direct'] as const
export type Way = (typeof WAYS)[number]

export type CountEvent =
  | { what: 'joined'; role: Role }
  /** `lossless`, or `whole_state` where the missed frames were gone. */
  | { what: 'resumed'; outcome: 'lossless' | 'whole_state' }
  | { what: 'admitted'; waitedMs: number }
  | { what: 'refused'; door: 'signaling' | 'rest'; code: ErrorCode | RestErrorCode }
  | { what: 'limited'; by: LimitName }
  | { what: 'arrived'; way: Way }
  | { what: 'swept'; failed: boolean }

/** Takes note of one event. */
export type Count = (event: CountEvent) => void
