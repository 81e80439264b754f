/**
 * What two clients say to each other in `data` of `signal`: what RTCPeerConnection gives and takes, in the shapes of
 * the W3C's example of perfect negotiation. The server hands it on unread.
 */

/** As RTCSessionDescriptionInit. */
export type Description = { type: 'offer' | 'answer'; sdp: string }

/** As RTCIceCandidateInit; an empty `candidate` says that this round has no more of them. */
export type Candidate = {
  candidate: string
  sdpMid?: string | null
  sdpMLineIndex?: number | null
  usernameFragment?: string | null
}

/**
 * What the reference client adds beside a description, for those who know it: the random name of an offer, which the
 * answer repeats. So nobody takes the answer to an earlier offer, or to that of an earlier page, for the present one's.
 */
export type Addition = { v: 1; offer: string }

export type Described = { description: Description; wz?: Addition }

export type SignalData = Described | { candidate: Candidate | null }

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isOptional = (value: unknown, type: 'string' | 'number') =>
  value === undefined || value === null || typeof value === type

function isDescription(value: unknown): value is Description {
  return isObject(value) && (value.type === 'offer' || value.type === 'answer') && typeof value.sdp === 'string'
}

function isCandidate(value: unknown): value is Candidate {
  if (!isObject(value) || typeof value.candidate !== 'string') return false
  const { sdpMid, sdpMLineIndex, usernameFragment } = value
  return isOptional(sdpMid, 'string') && isOptional(sdpMLineIndex, 'number') && isOptional(usernameFragment, 'string')
}

const isAddition = (value: unknown): value is Addition =>
  isObject(value) && value.v === 1 && typeof value.offer === 'string'

/** Reads what somebody else's page has written. @returns undefined where it is none of these shapes */
export function readData(data: unknown): SignalData | undefined {
  if (!isObject(data)) return undefined
  const { description, candidate, wz } = data
  if (isDescription(description)) return { description, ...(isAddition(wz) ? { wz } : {}) }
  if (description !== undefined && description !== null) return undefined
  return candidate === null || isCandidate(candidate) ? { candidate } : undefined
}
