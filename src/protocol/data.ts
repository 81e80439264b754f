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
 * What the reference client adds beside a description, for those who know it. `offer`: the random name of an offer,
 * which the answer repeats, so that nobody takes the answer to an earlier offer, or to that of an earlier page, for the
 * present one's. `call`: the random name of the RTCPeerConnection that it is of. `check`: whether the page can take part
 * in making a safety number. `chat`: whether it shows lines of text from a data channel.
 */
export type Addition = { v: 1; offer?: string; call?: string; check?: boolean; chat?: boolean }

export type Described = { description: Description; wz?: Addition }

export type SignalData = Described | { candidate: Candidate | null }

/** Why a page does not go on with another. See /docs/sealing. */
export type SealFault = (typeof sealFaults)[number]

export const sealFaults = ['not_sealed', 'no_key', 'other_key', 'broken', 'no_crypto'] as const

/**
 * What pages say before all else, where one of them may have a sealed link. Without `key`: this page has none.
 * `to`: the name of the other page's key, where it is known. `practice`: the practice's public key.
 */
export type Hello = { v: 1; key?: string; to?: string; practice?: string; refused?: SealFault }

/** A message that only the page with the key of this name can open; `n` counts from 1. */
export type Sealed = { v: 1; from: string; to: string; n: number; box: string }

/** The practice's page tells one guest's the key of another's. Only ever sealed. */
export type Vouch = { v: 1; peer: string; key: string }

/** Steps towards a safety number, for the pair of certificates of this name; or that the numbers were not the same. */
export type Check =
  | { v: 1; pair: string; commit: string }
  | { v: 1; pair: string; reveal: string }
  | { v: 1; denied: true }

/** Whether one's microphone and camera are on. `screen`: the picture is that of a screen, which is to be shown whole. */
export type DeviceState = { v: 1; audio: boolean; video: boolean; screen?: boolean }

export type PeerData =
  | { state: DeviceState }
  | SignalData
  | { hello: Hello }
  | { sealed: Sealed }
  | { vouch: Vouch }
  | { check: Check }

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

/** What has this shape and this version; later ones are somebody else's business. */
const has = (
  value: unknown,
  fields: Record<string, 'string' | 'boolean' | 'number'>,
  optional = false,
): value is Fields =>
  isObject(value) &&
  value.v === 1 &&
  Object.entries(fields).every(([name, type]) =>
    optional && value[name] === undefined ? true : typeof value[name] === type,
  )

const isAddition = (value: unknown): value is Addition =>
  has(value, { offer: 'string', call: 'string', check: 'boolean', chat: 'boolean' }, true)

const isHello = (value: unknown): value is Hello =>
  has(value, { key: 'string', to: 'string', practice: 'string', refused: 'string' }, true) &&
  (value.refused === undefined || sealFaults.some((fault) => fault === value.refused))

const isSealed = (value: unknown): value is Sealed =>
  has(value, { from: 'string', to: 'string', n: 'number', box: 'string' }) &&
  Number.isSafeInteger(value.n) &&
  Number(value.n) > 0

const isVouch = (value: unknown): value is Vouch => has(value, { peer: 'string', key: 'string' })

const isState = (value: unknown): value is DeviceState =>
  has(value, { audio: 'boolean', video: 'boolean' }) && has(value, { screen: 'boolean' }, true)

const isCheck = (value: unknown): value is Check =>
  has(value, { pair: 'string', commit: 'string' }) ||
  has(value, { pair: 'string', reveal: 'string' }) ||
  (has(value, { denied: 'boolean' }) && value.denied === true)

/** Reads what somebody else's page has written. @returns undefined where it is none of these shapes */
export function readData(data: unknown): PeerData | undefined {
  if (!isObject(data)) return undefined
  const { description, candidate, wz, hello, sealed, vouch, check, state } = data
  if (isDescription(description)) return { description, ...(isAddition(wz) ? { wz } : {}) }
  if (description !== undefined && description !== null) return undefined
  if (candidate === null || isCandidate(candidate)) return { candidate }
  if (isHello(hello)) return { hello }
  if (isSealed(sealed)) return { sealed }
  if (isVouch(vouch)) return { vouch }
  if (isState(state)) return { state }
  return isCheck(check) ? { check } : undefined
}
