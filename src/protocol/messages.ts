/** Every message of the protocol, once: types, validation and the reference all come from here. */
import type { Static, TProperties } from 'typebox'
import { type ErrorCode, errorCodes } from './errors.ts'
import {
  AdmittedPeerSchema,
  HostPresenceSchema,
  IceSchema,
  instant,
  LeaveReasonSchema,
  LobbyPeerSchema,
  lineOfText,
  oneOf,
  PeerId,
  RoleSchema,
  SeatStateSchema,
} from './schemas.ts'
import { Type } from './type.ts'

/** The WebSocket subprotocol (RFC 6455, section 1.9); it carries the version. */
export const SUBPROTOCOL = 'wartezimmer.v1'

/** What `server.features` names, and what that means. */
export const FEATURES = { resume: 'seats survive a lost connection and a restart', staff: 'the third role' } as const

/** The largest frame that a client may send, in bytes. */
export const MAX_FRAME = 65_536

/**
 * What a client should take, in bytes. A relayed signal is up to 74 longer than its data, which may have MAX_FRAME; the
 * longest `lobby`, of a thousand who wait and eight who are in, all with the longest names, has 353,887.
 */
export const MAX_SERVER_FRAME = 512 * 1024

/** The largest frame before a seat, in bytes: the longest join and resume take half of it. */
export const MAX_FIRST_FRAME = 4 * 1024

/** How deep a frame may be nested: what some client's JSON parser cannot read must not reach it. */
export const MAX_DEPTH = 64

export type Role = Static<typeof RoleSchema>
export type SeatState = Static<typeof SeatStateSchema>
export type HostPresence = Static<typeof HostPresenceSchema>
export type LeaveReason = Static<typeof LeaveReasonSchema>
export type AdmittedPeer = Static<typeof AdmittedPeerSchema>
export type LobbyPeer = Static<typeof LobbyPeerSchema>
export type Ice = Static<typeof IceSchema>

const counter = (description: string) => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description })
const seen = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })

const id = Type.Optional(counter('increases with each frame; a frame whose id was processed already is ignored'))

function fromClient<const Name extends string, Fields extends TProperties>(
  type: Name,
  description: string,
  fields: Fields,
) {
  return Type.Object({ type: Type.Literal(type), ...fields, id }, { additionalProperties: false, description })
}

export const clientMessages = {
  join: fromClient('join', 'takes a seat with a dial-in code', {
    code: Type.String({ maxLength: 500, description: 'as it was typed; a link that was pasted has room' }),
    name: Type.Optional(Type.String({ description: 'a guest must give one, of at most 64 characters' })),
    takeover: Type.Optional(Type.Boolean({ description: 'take the seat over from a connection that is in a session' })),
  }),
  resume: fromClient('resume', 'takes the same seat back after a lost connection', {
    token: Type.String({ maxLength: 200 }),
    epoch: counter('the epoch of the seat'),
    seq: seen('the last server frame seen'),
    name: Type.Optional(Type.String({ description: 'as in join: the server may have been restarted' })),
  }),
  admit: fromClient('admit', 'lets a waiting guest in; again: no effect, no error', { peer: PeerId }),
  deny: fromClient('deny', 'sends a waiting or admitted guest away', {
    peer: PeerId,
    reason: Type.Optional(lineOfText(500)),
  }),
  hold: fromClient('hold', 'puts an admitted guest back into the waiting room', { peer: PeerId }),
  notice: fromClient('notice', 'says one line to one waiting guest, or to all who wait', {
    text: lineOfText(500),
    peer: Type.Optional(PeerId),
  }),
  signal: fromClient('signal', 'hands data to another admitted peer of the same room', {
    to: PeerId,
    data: Type.Unknown({ description: 'any JSON, forwarded unread' }),
  }),
  ping: fromClient('ping', 'asks whether you are still heard: browsers show no page the pings of a WebSocket', {}),
  end: fromClient('end', 'ends the session; those who wait keep waiting', {}),
  leave: fromClient('leave', 'gives the seat up', {}),
}

export type ClientMessage = {
  [Name in keyof typeof clientMessages]: Static<(typeof clientMessages)[Name]>
}[keyof typeof clientMessages]

function toClient<const Name extends string, Fields extends TProperties>(
  type: Name,
  description: string,
  fields: Fields,
) {
  return Type.Object({ type: Type.Literal(type), ...fields }, { description })
}

const seat = {
  peer: PeerId,
  role: RoleSchema,
  state: SeatStateSchema,
  epoch: counter('the seat counts its frames anew in each epoch'),
}
const re = Type.Optional(counter('the id of the frame that this answers'))

export const serverMessages = {
  joined: toClient('joined', 'you have a seat', {
    ...seat,
    resume: Type.Object(
      {
        token: Type.String({ description: 'proves that the seat is yours; keep it secret' }),
        within: Type.Integer({ description: 'seconds that the seat is kept after a lost connection' }),
      },
      { title: 'ResumeOffer' },
    ),
    server: Type.Object({ version: Type.String(), features: Type.Array(Type.String()) }, { title: 'ServerInfo' }),
    re,
  }),
  resumed: toClient('resumed', 'you have your seat back', {
    ...seat,
    id: seen('the last client frame processed, 0 for none'),
    lossless: Type.Boolean({
      description: 'true: all missed frames follow; false: the whole state follows, restart ICE',
    }),
    re,
  }),
  lobby: toClient('lobby', 'to host and staff: all guests, after every join and resume; it replaces what was known', {
    now: instant("the server's time: how long somebody has waited is the difference to it"),
    peers: Type.Array(LobbyPeerSchema),
    staff: Type.Integer({
      minimum: 0,
      description: 'how many of the staff watch; the host hears whenever that changes',
    }),
  }),
  host: toClient('host', 'to staff: on entering, and whenever it changes', {
    host: HostPresenceSchema,
    session: Type.Boolean({ description: 'whether a session is running' }),
  }),
  knock: toClient('knock', 'to host and staff: a guest has come', {
    peer: PeerId,
    name: Type.String(),
    since: instant('when the guest dialled in'),
    quiet: Type.Boolean({ description: 'a session is running: do not disturb it' }),
  }),
  waiting: toClient('waiting', 'to a guest: you wait; on entering, and whenever the host comes or goes', {
    host: HostPresenceSchema,
  }),
  admitted: toClient('admitted', 'to a guest: you are in the session, with these peers', {
    session: Type.String(),
    peers: Type.Array(AdmittedPeerSchema),
    ice: IceSchema,
  }),
  'peer-joined': toClient('peer-joined', 'someone was admitted', { ...AdmittedPeerSchema.properties }),
  'peer-away': toClient('peer-away', 'a peer lost its connection; its seat is kept', { peer: PeerId }),
  'peer-back': toClient('peer-back', 'a peer is connected again', {
    peer: PeerId,
    name: Type.Optional(
      Type.String({ description: 'where it has changed; after a restart of the server names come back so' }),
    ),
  }),
  'peer-left': toClient('peer-left', 'a peer is no longer there; held: it waits again', {
    peer: PeerId,
    reason: LeaveReasonSchema,
  }),
  signal: toClient('signal', 'data from another admitted peer', { from: PeerId, data: Type.Unknown() }),
  pong: toClient('pong', 'answers ping', { re }),
  held: toClient('held', 'to a guest: back in the waiting room; waiting follows', {}),
  notice: toClient('notice', 'to a waiting guest: one line from the practice', { text: Type.String() }),
  denied: toClient('denied', 'to a guest: sent away; close 4502 follows', { reason: Type.Optional(Type.String()) }),
  ended: toClient('ended', 'the session is over; close 4503 follows for guests, the host stays', {
    reason: LeaveReasonSchema,
  }),
  ice: toClient('ice', 'ICE servers: to the host after lobby; to all admitted before credentials expire', {
    ...IceSchema.properties,
  }),
  error: toClient('error', 'a frame was refused and has changed nothing', {
    code: oneOf(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]], { title: 'ErrorCode' }),
    message: Type.String({ description: 'for developers; frontends translate the code' }),
    notBefore: Type.Optional(instant('with code_too_early: when to come again')),
    retryAfter: Type.Optional(Type.Integer({ description: 'with throttled: seconds to wait' })),
    re,
  }),
}

/** A message to a client as the server composes it; `seq` is added when it goes out. */
export type ServerMessage = {
  [Name in keyof typeof serverMessages]: Static<(typeof serverMessages)[Name]>
}[keyof typeof serverMessages]

/** A frame as a client receives it. */
export type ServerFrame = ServerMessage & { seq?: number }
