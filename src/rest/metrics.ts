/** What Prometheus asks for; only with an admin's token, since it tells how busy a practice is. */
import type { TypedApp } from '../http/validation.ts'
import { Type } from '../protocol/type.ts'
import { onlyAdmins } from './admins.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'

export function metricsRoute(app: TypedApp, { admins, metrics }: Pick<RestOptions, 'admins' | 'metrics'>): void {
  app.get(
    '/metrics',
    {
      onRequest: onlyAdmins(admins),
      schema: {
        tags: ['health'],
        operationId: 'readMetrics',
        summary: 'Read the metrics',
        description: 'As Prometheus reads them; no label says anything about people or rooms.',
        response: answers({
          200: { description: 'Metrics', content: { 'text/plain': { schema: Type.String() } } },
        }),
      },
    },
    async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .type('text/plain; version=0.0.4; charset=utf-8')
        .send(await metrics()),
  )
}
