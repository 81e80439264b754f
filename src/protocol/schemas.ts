/** The words that messages and REST bodies are made of, as schemas. */
import type { TEnum } from 'typebox'
import { Type } from './type.ts'

/** One of some words. `title` is what the generated documents call a schema, and generators the type. */
export const oneOf = <const Words extends string[]>(words: readonly [...Words], more?: { title?: string }) =>
  Type.Enum([...words], more) as TEnum<Words>

export const instant = (description: string) => Type.Integer({ minimum: 0, description: `${description}, epoch ms` })

export const RoleSchema = oneOf(['guest', 'host', 'staff'], { title: 'Role' })
export const SeatStateSchema = oneOf(['waiting', 'admitted', 'attending'], { title: 'SeatState' })
export const HostPresenceSchema = oneOf(['present', 'away', 'absent'], { title: 'HostPresence' })
export const LeaveReasonSchema = oneOf(['left', 'denied', 'held', 'ended', 'expired', 'replaced', 'revoked'], {
  title: 'LeaveReason',
})

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

export const LobbyPeerSchema = Type.Object(
  {
    peer: PeerId,
    name: Type.String(),
    state: oneOf(['waiting', 'admitted'], { title: 'GuestState' }),
    present: Type.Boolean(),
    since: instant('when the guest dialled in'),
  },
  { title: 'LobbyPeer' },
)

export const AdmittedPeerSchema = Type.Object(
  {
    peer: PeerId,
    role: oneOf(['guest', 'host'], { title: 'SessionRole' }),
    name: Type.String({ description: 'empty where a host gave none' }),
    polite: Type.Boolean({
      description:
        'your part in perfect negotiation with this peer: true, you yield and wait for its offer; false, you make the first offer',
    }),
  },
  { title: 'AdmittedPeer' },
)

/** What RTCPeerConnection's configuration takes: `iceServers` and `iceTransportPolicy`. */
export const IceSchema = Type.Object(
  {
    servers: Type.Array(
      Type.Object(
        {
          urls: Type.Array(Type.String()),
          username: Type.Optional(Type.String()),
          credential: Type.Optional(Type.String()),
        },
        { title: 'IceServer' },
      ),
    ),
    policy: oneOf(['all', 'relay'], { title: 'IcePolicy' }),
  },
  { title: 'Ice' },
)
