/** REST route for the audit: what admins did. */
import type { TypedApp } from '../http/validation.ts'
import { actor, needs } from './admins.ts'
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
}
