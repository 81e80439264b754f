/** REST routes for what a data protection officer asks: who did what, what was deleted, and what is kept at all. */
import type { TypedApp } from '../http/validation.ts'
import { Refusal } from '../protocol/errors.ts'
import { actor, needs } from './admins.ts'
import { answers } from './answers.ts'
import { page, sendPage } from './lists.ts'
import type { RestOptions } from './options.ts'
import {
  AuditAnswer,
  AuditQuery,
  DeletionsAnswer,
  DeletionsQuery,
  deletionColumns,
  InventoryAnswer,
} from './schemas.ts'

const tags = ['data protection']

export function dataProtectionRoutes(app: TypedApp, { record, inventory, now }: RestOptions): void {
  app.get(
    '/audit',
    {
      schema: {
        tags,
        operationId: 'listAudit',
        summary: 'List what admins did',
        ...needs('audit'),
        description:
          'A line for each code minted, moved, revoked or erased, session erased, page of sessions read, and time that ' +
          'the admins were read. The admin of a practice sees what concerned its rooms.',
        querystring: AuditQuery,
        response: answers({ 200: AuditAnswer }, 'bad_message'),
      },
    },
    async (request) => {
      const { limit = 100, ...filter } = request.query
      return record.listAudit({ limit, ...filter }, actor(request, now()))
    },
  )

  // It can be handed in.
  app.get(
    '/deletions',
    {
      schema: {
        tags,
        operationId: 'listDeletions',
        summary: 'List what was deleted',
        ...needs('audit'),
        description:
          'A line for each day, kind and cause (`sweep`: a period was over; `request`: an admin erased it), also where ' +
          'nothing was due. It counts over all practices, so the admins of one are refused. As JSON or CSV, whichever `Accept` prefers. The `Link` header leads to the next page.',
        querystring: DeletionsQuery,
        response: answers(
          page('The deletion log, oldest first; in CSV, first and last are ISO 8601 in UTC', DeletionsAnswer),
          'bad_message',
          'not_acceptable',
        ),
      },
    },
    async (request, reply) => {
      if (request.admin.practice) throw new Refusal('forbidden', 'The deletion log counts over all practices.')
      const { limit = 100, ...filter } = request.query
      const list = { name: 'deletions', columns: deletionColumns, instants: ['first', 'last'] } as const
      return sendPage(request, reply, list, () => record.listDeletions({ limit, ...filter }))
    },
  )

  app.get(
    '/inventory',
    {
      schema: {
        tags,
        operationId: 'readInventory',
        summary: 'Read the data inventory',
        ...needs(),
        description: 'Everything that this server keeps, with the periods of its configuration; in German.',
        response: answers({ 200: InventoryAnswer }),
      },
    },
    async () => ({ inventory }),
  )
}
