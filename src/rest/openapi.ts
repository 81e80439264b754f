/** Describes the REST API in OpenAPI 3.1, from the schemas that validate it. */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { RestOptions } from './options.ts'

/** Collects the routes that are added from now on; `app.swagger()` is the document. */
export async function describeApi(app: FastifyInstance, { version }: Pick<RestOptions, 'version'>): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Wartezimmer',
        version,
        description:
          'Dial-in codes, live rooms and the connection record of a signaling server for video consultations.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { admin: { type: 'http', scheme: 'bearer' } } },
      security: [{ admin: [] }],
      tags: [
        { name: 'codes', description: 'Dial-in codes' },
        { name: 'rooms', description: 'What happens right now' },
        { name: 'sessions', description: 'The connection record' },
        { name: 'data protection', description: 'What is kept, and who did what' },
        { name: 'health', description: 'For orchestrators' },
      ],
    },
  })
}
