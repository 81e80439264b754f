/** REST routes for dial-in codes: mint, list, read, move, revoke. */
import type { TypedApp } from '../http/validation.ts'
import { formatCode } from '../protocol/dial-code.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'
import { actor, must, needs } from './admins.ts'
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

const tags = ['codes']

/** The address for who has the code. Browsers never send what follows the #, so no log ever sees it. */
const linkFor = (publicUrl: string, role: Role, code: string) =>
  `${publicUrl.replace(/\/+$/, '')}/${role === 'guest' ? '' : 'praxis'}#${code}`

export function codeRoutes(app: TypedApp, { record, admins, publicUrl, now, revoked, count }: RestOptions): void {
  app.post(
    '/codes',
    {
      schema: {
        tags,
        operationId: 'mintCodes',
        summary: 'Mint dial-in codes',
        ...needs('mint'),
        description:
          'One code for each role; `["host", "guest"]` is an appointment with both. Without a room, a random ' +
          'one. Without a window, from now for 24 hours. The codes are shown only in this answer. `forbidden` for a room ' +
          'that is not one of the practice, `throttled` beyond the quota of its day.',
        headers: MintHeaders,
        body: MintBody,
        response: answers({ 201: MintAnswer }, ...BODY, 'window_invalid', 'idempotency_mismatch'),
      },
    },
    async (request, reply) => {
      const { roles = ['guest'], ...wishes } = request.body
      const key = request.headers['idempotency-key']
      const minted = await record.mint({ ...wishes, roles }, actor(request, now()), key).catch((error) => {
        if (error instanceof Refusal && error.code === 'throttled') count({ what: 'limited', by: 'codes_per_day' })
        throw error
      })
      const base = admins.practiceOf(minted.room)?.publicUrl ?? publicUrl()
      reply.code(201)
      return {
        room: minted.room,
        codes: minted.codes.map(({ id, role, symbols, notBefore, expiresAt }) => {
          const code = formatCode(symbols)
          return { id, role, code, link: linkFor(base, role, code), notBefore, expiresAt }
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
        ...needs('read'),
        description: 'Page by page, without their symbols.',
        querystring: CodesQuery,
        response: answers({ 200: CodesAnswer }, 'bad_message'),
      },
    },
    async (request) => {
      const { limit = 100, ...filter } = request.query
      return record.listCodes({ limit, ...filter }, actor(request, now()))
    },
  )

  app.get(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'readCode',
        summary: 'Read one code',
        ...needs('read'),
        description: 'Whether it is valid, and from when until when.',
        params: ById,
        response: answers({ 200: CodeAnswer }, 'code_unknown'),
      },
    },
    async (request) => record.getCode(request.params.id, actor(request, now())),
  )

  app.patch(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'moveCode',
        summary: 'Move the window of a code',
        ...needs('mint'),
        description: 'For when the appointment is moved; an end that is not named stays.',
        params: ById,
        body: MoveBody,
        response: answers({ 200: CodeAnswer }, ...BODY, 'code_unknown', 'code_revoked', 'window_invalid'),
      },
    },
    async (request) => record.moveCode(request.params.id, request.body, actor(request, now())),
  )

  app.delete(
    '/codes/:id',
    {
      schema: {
        tags,
        operationId: 'revokeCode',
        summary: 'Revoke a code',
        ...needs('mint', 'erase'),
        description:
          'At once and for good; a seat taken with it is closed (4505). Again: no effect. Takes the right `erase` with `erase=true`.',
        params: ById,
        querystring: RevokeQuery,
        response: answers({ 204: Nothing, 202: Later }, 'bad_message', 'code_unknown'),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const erases = request.query.erase === 'true'
      must(request.admin, erases ? 'erase' : 'mint')
      const by = actor(request, now())
      const { room } = await record.revokeCode(id, by)
      await revoked(room, id)
      const wiped = !erases || (await record.eraseCode(id, by))
      reply.code(wiped ? 204 : 202)
    },
  )
}
