/** What Prometheus asks for; only with an admin's token, since it tells how busy a practice is. */
import type { Practice } from '../config/admins.ts'
import type { TypedApp } from '../http/validation.ts'
import { type PracticeReadings, practiceMetrics } from '../observability/practices.ts'
import { Type } from '../protocol/type.ts'
import { actor, needs, onlyAdmins } from './admins.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'
import { MetricsQuery } from './schemas.ts'

export function metricsRoute(app: TypedApp, { admins, metrics, record, rooms, now }: RestOptions): void {
  /** Everything there is is looked at once, however many practices there are. */
  async function read(practices: readonly Practice[], by: ReturnType<typeof actor>): Promise<PracticeReadings[]> {
    const minted = new Map((await record.mintedToday(by)).map(({ rooms, codes }) => [rooms, codes]))
    const taken = Map.groupBy(rooms.all(), ({ name }) => admins.practiceOf(name)?.rooms)
    return practices.map(({ rooms, seats, codesPerDay }) => ({
      rooms,
      seats: taken.get(rooms)?.flatMap(({ seats }) => seats) ?? [],
      seatsAllowed: seats,
      codesToday: minted.get(rooms) ?? 0,
      codesAllowed: codesPerDay,
    }))
  }

  app.get(
    '/metrics',
    {
      onRequest: onlyAdmins(admins),
      schema: {
        tags: ['health'],
        operationId: 'readMetrics',
        summary: 'Read the metrics',
        ...needs('metrics'),
        description:
          'As Prometheus reads them; no label says anything about people or rooms. The admin of a practice gets those of ' +
          'its own seats and codes and nothing else.',
        querystring: MetricsQuery,
        response: answers(
          { 200: { description: 'Metrics', content: { 'text/plain': { schema: Type.String() } } } },
          'bad_message',
        ),
      },
    },
    async (request, reply) => {
      const { practice } = request.admin
      // The whole server's are there whatever the disk does, so nothing is asked of it for them.
      const byPractice = async (practices: readonly Practice[]) =>
        practiceMetrics(await read(practices, actor(request, now())), { named: !practice })
      const text = practice
        ? await byPractice([practice])
        : (await metrics()) + (request.query.practices ? await byPractice(admins.practices()) : '')
      return reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(text)
    },
  )
}
