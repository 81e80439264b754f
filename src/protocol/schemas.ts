/** The words that messages and REST bodies are made of, as schemas. */
import type { TLiteral, TUnion } from 'typebox'
import { Type } from './type.ts'

/** A union of literal strings; the values stay readable in the generated documents. */
export function oneOf<const Values extends readonly string[]>(...values: Values) {
  return Type.Union(values.map((value) => Type.Literal(value))) as TUnion<{
    -readonly [K in keyof Values]: TLiteral<Values[K]>
  }>
}

export const instant = (description: string) => Type.Integer({ minimum: 0, description: `${description}, epoch ms` })

export const RoleSchema = oneOf('guest', 'host', 'staff')
export const SeatStateSchema = oneOf('waiting', 'admitted', 'attending')
export const HostPresenceSchema = oneOf('present', 'away', 'absent')
export const LeaveReasonSchema = oneOf('left', 'denied', 'held', 'ended', 'expired', 'replaced', 'revoked')

export const PeerId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'a random id, never the code or the token',
})

/** One line of plain text; pages must show it as text, never as markup. */
export const lineOfText = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^(?=.*[\\p{L}\\p{N}\\p{P}\\p{S}])[^\\p{Cc}\\p{Zl}\\p{Zp}]*$',
    description: 'one line of plain text, with something to read in it',
  })

export const LobbyPeerSchema = Type.Object({
  peer: PeerId,
  name: Type.String(),
  state: oneOf('waiting', 'admitted'),
  present: Type.Boolean(),
  since: instant('when the guest dialled in'),
})

export const AdmittedPeerSchema = Type.Object({
  peer: PeerId,
  role: oneOf('guest', 'host'),
  name: Type.String({ description: 'empty where a host gave none' }),
  polite: Type.Boolean({
    description:
      'your part in perfect negotiation with this peer: true, you yield and wait for its offer; false, you make the first offer',
  }),
})

/** What RTCPeerConnection's configuration takes: `iceServers` and `iceTransportPolicy`. */
export const IceSchema = Type.Object({
  servers: Type.Array(
    Type.Object({
      urls: Type.Array(Type.String()),
      username: Type.Optional(Type.String()),
      credential: Type.Optional(Type.String()),
    }),
  ),
  policy: oneOf('all', 'relay'),
})
