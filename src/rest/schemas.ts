/** What goes in and out of the REST API; validation, types and the OpenAPI document come from here. */
import type { TProperties, TSchema } from 'typebox'
import { HostPresenceSchema, instant, oneOf, RoleSchema, SeatStateSchema } from '../protocol/schemas.ts'
import { Type } from '../protocol/type.ts'
import { actions } from '../record/audit.ts'
import { causes, deletedKinds } from '../record/deletions.ts'

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

/**
 * An object that is refused when it has a field that is not listed. `title` is what the OpenAPI document calls a schema,
 * and generators the type.
 */
const strict = <Fields extends TProperties>(fields: Fields, options: { title?: string; minProperties?: number } = {}) =>
  Type.Object(fields, { additionalProperties: false, ...options })

const Room = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'the name of a consulting room: 1 to 64 letters, digits, dots, hyphens, underscores',
})
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const Id = Type.String({ description: 'a UUID; ids sort by time' })
export const ById = Type.Object({ id: Id })
const Guests = Type.Integer({ minimum: 1, maximum: 8, description: 'how many guests the host may admit at once' })
const notBefore = instant('from when the code works')
const expiresAt = instant('from when the code works no longer')

/** No comma, quote or leading sign: no spreadsheet takes it for a formula. */
const Reference = Type.String({
  pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} ._:/#-]{0,63}$',
  description: "the practice's own pseudonymous id for the appointment, at most 64 characters; never a name",
})

export const MintBody = strict(
  {
    room: Type.Optional(Room),
    roles: Type.Optional(Type.Array(RoleSchema, { minItems: 1, maxItems: 9, description: 'default: one guest' })),
    notBefore: Type.Optional(notBefore),
    expiresAt: Type.Optional(expiresAt),
    reference: Type.Optional(Reference),
    guests: Type.Optional(Guests),
  },
  { title: 'MintRequest' },
)

/** RFC 9562, section 5.4: 122 random bits. */
const UUID_4 = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$'

export const MintHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: UUID_4,
      description:
        'a random UUID (version 4): a repeated call with the same key and body mints nothing new and gets the same ' +
        'answer, as long as one of its codes is kept; the codes follow from it, so a key that can be guessed would ' +
        'give them away to whoever stole the data folder',
    }),
  ),
})

export const MintAnswer = Type.Object(
  {
    room: Room,
    codes: Type.Array(
      Type.Object(
        {
          id: Id,
          role: RoleSchema,
          code: Type.String({ description: 'shown only here: the server keeps nothing but its keyed hash' }),
          link: Type.String({ description: 'leads to the reference page; the code is in the fragment' }),
          notBefore,
          expiresAt,
        },
        { title: 'MintedCode' },
      ),
    ),
  },
  { title: 'Minted', description: 'The codes, in the order of roles' },
)

export const MoveBody = strict(
  { notBefore: Type.Optional(notBefore), expiresAt: Type.Optional(expiresAt) },
  { title: 'MoveRequest', minProperties: 1 },
)

const Status = oneOf(['valid', 'early', 'expired', 'revoked'], { title: 'CodeStatus' })

export const CodeAnswer = Type.Object(
  {
    id: Id,
    room: Room,
    role: RoleSchema,
    status: Status,
    notBefore,
    expiresAt,
    createdAt: instant('when it was minted'),
    revokedAt: nullable(instant('when it was revoked')),
    reference: nullable(Reference),
    guests: Guests,
  },
  { title: 'Code', description: 'The code, without its symbols' },
)

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'default 100' })),
  after: Type.Optional(
    Type.String({ pattern: `^(?:${UUID})?$`, description: 'an id, as `next` of the page before says it' }),
  ),
}
const next = nullable(Type.String({ description: '`after` of the next page; null on the last one' }))

export const CodesQuery = strict({ room: Type.Optional(Room), status: Type.Optional(Status), ...page })
export const CodesAnswer = Type.Object(
  { codes: Type.Array(CodeAnswer), next },
  { title: 'Codes', description: 'Oldest first' },
)

export const RevokeQuery = strict({
  erase: Type.Optional(
    Type.Literal('true', {
      description:
        'true: also delete the code itself and what its Idempotency-Key left, at once, also on disk; sessions and audit stay',
    }),
  ),
})

export const ByRoom = Type.Object({ room: Type.String() })
export const RoomAnswer = Type.Object(
  {
    room: Room,
    host: HostPresenceSchema,
    waiting: Type.Integer({ minimum: 0, description: 'guests in the waiting room' }),
    admitted: Type.Integer({ minimum: 0, description: 'guests in the session' }),
    session: nullable(
      Type.Object({ id: Id, start: instant('when the first guest was admitted') }, { title: 'RunningSession' }),
    ),
    peers: Type.Array(
      Type.Object(
        {
          role: RoleSchema,
          state: SeatStateSchema,
          present: Type.Boolean({ description: 'false: the connection is lost, the seat is kept' }),
          since: instant('when it dialled in'),
        },
        { title: 'Peer' },
      ),
    ),
  },
  { title: 'Room', description: 'Who is where right now; no names' },
)

export const SessionsQuery = strict({
  room: Type.Optional(Room),
  from: Type.Optional(instant('sessions that started then or later')),
  to: Type.Optional(instant('sessions that started before')),
  ...page,
})

const SessionAnswer = Type.Object(
  {
    id: Id,
    room: Room,
    start: instant('when the first guest was admitted'),
    end: nullable(instant('when it ended; null while it runs, or where nobody saw the end')),
    duration: nullable(Type.Integer({ minimum: 0, description: 'of the admitted phase, in whole seconds' })),
    participants: Type.Integer({ description: 'how many people took part, the host included' }),
    reason: nullable(Type.String({ description: 'why it ended; null while it runs' })),
    reference: nullable(Type.String({ description: 'the references of the codes that took part' })),
  },
  { title: 'Session' },
)
export const sessionColumns = Object.keys(SessionAnswer.properties) as (keyof typeof SessionAnswer.properties)[]
export const SessionsAnswer = Type.Object(
  { sessions: Type.Array(SessionAnswer), next },
  { title: 'Sessions', description: 'Oldest first' },
)

export const AuditQuery = strict({
  from: Type.Optional(instant('lines from then on')),
  to: Type.Optional(instant('lines before')),
  ...page,
})
export const AuditAnswer = Type.Object(
  {
    entries: Type.Array(
      Type.Object(
        {
          id: Id,
          at: instant('when'),
          admin: Type.String({
            description: 'the name of the token that was used; `(operator)` without one, on the machine itself',
          }),
          action: oneOf(actions, { title: 'AuditAction' }),
          target: nullable(Type.String({ description: 'the id of the code or session' })),
        },
        { title: 'AuditEntry' },
      ),
    ),
    next,
  },
  { title: 'Audit', description: 'Oldest first' },
)

export const DeletionsQuery = strict({
  from: Type.Optional(instant('what was deleted from then on')),
  to: Type.Optional(instant('what was deleted before')),
  ...page,
})
const Day = (description: string) => Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const DeletionAnswer = Type.Object(
  {
    id: Id,
    day: Day('the day that this line is of, in UTC'),
    cause: oneOf(causes, { title: 'DeletionCause' }),
    kind: oneOf(deletedKinds, { title: 'DeletedKind' }),
    first: instant('when it was done for the first time on that day'),
    last: instant('when it was done for the last time on that day'),
    runs: count('how often'),
    failed: count('how often of these in vain'),
    deleted: count('how many rows were deleted'),
    until: nullable(Day('nothing is left from before this day; null: a request, or no run went through')),
    wiped: Type.Boolean({ description: 'whether no byte of it is left in the files' }),
  },
  { title: 'Deletion' },
)
export const deletionColumns = Object.keys(DeletionAnswer.properties) as (keyof typeof DeletionAnswer.properties)[]
export const DeletionsAnswer = Type.Object(
  { deletions: Type.Array(DeletionAnswer), next },
  { title: 'Deletions', description: 'Oldest first' },
)

export const InventoryAnswer = Type.Object(
  {
    inventory: Type.Array(
      Type.Object(
        {
          where: oneOf(['database', 'file', 'memory', 'log']),
          name: Type.String({ description: 'the table, the file, or the kind of data' }),
          title: Type.Optional(Type.String({ description: 'what people call it' })),
          deletionClass: Type.String({ description: 'where the period starts, and how long it is' }),
          purpose: Type.String(),
          ground: Type.String({ description: 'the legal ground' }),
          told: Type.Optional(Type.String({ description: 'how those who take part are told of it' })),
          starts: Type.String({ description: 'what starts the period' }),
          deleted: Type.String({ description: 'when it is gone, at the latest' }),
          columns: Type.Record(Type.String(), Type.String(), { description: 'what each column of a table is for' }),
        },
        { title: 'DataCategory' },
      ),
    ),
  },
  { title: 'Inventory', description: 'The inventory' },
)

export const MetricsQuery = strict({
  practices: Type.Optional(
    Type.Literal('true', { description: 'true: also by practice, named by what its rooms begin with' }),
  ),
})

export const Nothing = Type.Null({ description: 'Done' })
export const Later = Type.Null({
  description:
    'Deleted; but another program is reading the database, so its files are wiped as soon as that ends: see `/readyz`',
})
