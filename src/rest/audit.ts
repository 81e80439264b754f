/** REST route for the audit: what admins did. */
import type { TypedApp } from '../http/validation.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'
import { AuditAnswer, AuditQuery } from './schemas.ts'

export function auditRoutes(app: TypedApp, { record, now }: Pick<RestOptions, 'record' | 'now'>): void {
  app.get(
    '/audit',
    {
      schema: {
        tags: ['data protection'],
        operationId: 'listAudit',
        summary: 'List what admins did',
        description:
          'A line for each code minted, moved, revoked or erased, session erased, and page of sessions read.',
        querystring: AuditQuery,
        response: answers({ 200: AuditAnswer }, 'bad_message'),
      },
    },
    async ({ query: { limit = 100, ...filter } }) => record.listAudit({ limit, ...filter }, now()),
  )
}
