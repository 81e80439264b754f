/** REST route for the deletion log, which can be handed in: what was deleted on which day. */
import type { TypedApp } from '../http/validation.ts'
import { Refusal } from '../protocol/errors.ts'
import { needs } from './admins.ts'
import { answers } from './answers.ts'
import { formOf, page, sendPage } from './lists.ts'
import type { RestOptions } from './options.ts'
import { DeletionsAnswer, DeletionsQuery, deletionColumns } from './schemas.ts'

export function deletionRoutes(app: TypedApp, { record }: Pick<RestOptions, 'record'>): void {
  app.get(
    '/deletions',
    {
      schema: {
        tags: ['data protection'],
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
      const form = formOf(request, reply)
      const { deletions: rows, next } = await record.listDeletions({ limit, ...filter })
      const list = { name: 'deletions', columns: deletionColumns, instants: ['first', 'last'] as const }
      return sendPage(request, reply, form, list, { rows, next })
    },
  )
}
