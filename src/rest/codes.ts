/** REST routes for dial-in codes: mint, list, read, move, revoke. */
import type { TypedApp } from '../http/validation.ts'
import { formatCode } from '../protocol/dial-code.ts'
import type { Role } from '../protocol/messages.ts'
import { answers, BODY } from './answers.ts'
import type { RestOptions } from './options.ts'
import {
  ById,
  CodeAnswer,
  CodesAnswer,
  CodesQuery,
  Later,
  MintAnswer,
  MintBody,
  MintHeaders,
  MoveBody,
  Nothing,
  RevokeQuery,
} from './schemas.ts'

type Options = Pick<RestOptions, 'record' | 'publicUrl' | 'now' | 'revoked'>

const tags = ['codes']

/** The address for who has the code. Browsers never send what follows the #, so no log ever sees it. */
const linkFor = (publicUrl: string, role: Role, code: string) =>
  `${publicUrl.replace(/\/+$/, '')}/${role === 'guest' ? '' : 'praxis'}#${code}`

export function codeRoutes(app: TypedApp, { record, publicUrl, now, revoked }: Options): void {
  app.post(
    '/codes',
    {
      schema: {
        tags,
        operationId: 'mintCodes',
        summary: 'Mint dial-in codes',
        description:
          'One code for each role; `["host", "guest"]` is an appointment with both. Without a room, a random ' +
          'one. Without a window, from now for 24 hours. The codes are shown only in this answer.',
        headers: MintHeaders,
        body: MintBody,
        response: answers({ 201: MintAnswer }, ...BODY, 'window_invalid', 'idempotency_mismatch'),
      },
    },
    async (request, reply) => {
      const { roles = ['guest'], ...wishes } = request.body
      const key = request.headers['idempotency-key']
      const minted = await record.mint({ ...wishes, roles }, { admin: request.admin, now: now() }, key)
      reply.code(201)
      return {
        room: minted.room,
        codes: minted.codes.map(({ id, role, symbols, notBefore, expiresAt }) => {
          const code = formatCode(symbols)
          return { id, role, code, link: linkFor(publicUrl(), role, code), notBefore, expiresAt }
        }),
      }
    },
  )

  app.get(
    '/codes',
    {
      schema: {
        tags,
        operationId: 'listCodes',
        summary: 'List codes',
        description: 'Page by page, without their symbols.',
        querystring: CodesQuery,
        response: answers({ 200: CodesAnswer }, 'bad_message'),
      },
    },
    async ({ query: { limit = 100, ...filter } }) => record.listCodes({ limit, ...filter }, now()),
  )

  app.get(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'readCode',
        summary: 'Read one code',
        description: 'Whether it is valid, and from when until when.',
        params: ById,
        response: answers({ 200: CodeAnswer }, 'code_unknown'),
      },
    },
    async ({ params }) => record.getCode(params.id, now()),
  )

  app.patch(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'moveCode',
        summary: 'Move the window of a code',
        description: 'For when the appointment is moved; an end that is not named stays.',
        params: ById,
        body: MoveBody,
        response: answers({ 200: CodeAnswer }, ...BODY, 'code_unknown', 'code_revoked', 'window_invalid'),
      },
    },
    async ({ params, body, admin }) => record.moveCode(params.id, body, { admin, now: now() }),
  )

  app.delete(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'revokeCode',
        summary: 'Revoke a code',
        description: 'At once and for good; a seat taken with it is closed (4505). Again: no effect.',
        params: ById,
        querystring: RevokeQuery,
        response: answers({ 204: Nothing, 202: Later }, 'bad_message', 'code_unknown'),
      },
    },
    async ({ params: { id }, query, admin }, reply) => {
      const by = { admin, now: now() }
      const { room } = await record.revokeCode(id, by)
      await revoked(room, id)
      const wiped = query.erase !== 'true' || (await record.eraseCode(id, by))
      reply.code(wiped ? 204 : 202)
    },
  )
}
