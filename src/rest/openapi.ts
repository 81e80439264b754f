/** Describes the REST API in OpenAPI 3.1, from the schemas that validate it. */
import fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { notFound } from '../http/problems.ts'
import { schemaController } from '../http/validation.ts'
import { nameSchemas } from './components.ts'
import type { RestOptions } from './options.ts'

/**
 * Takes note of the routes that are added from now on.
 * @returns what makes the document of them when it is first asked for, on an instance of their likes that never listens
 */
export function describeApi(app: FastifyInstance, { version }: RestOptions): () => Promise<object> {
  const routes: RouteOptions[] = []
  let document: Promise<object> | undefined
  app.addHook('onRoute', (route) => {
    if (route.schema?.tags && route.method !== 'HEAD') routes.push(route)
  })
  return () => {
    document ??= describe(routes, version)
    return document
  }
}

/** The document as generators like it best: each schema once, by its name. */
export function forMachines(document: { paths?: object; components?: object }): object {
  const schemas = {}
  const paths = nameSchemas(document.paths, schemas)
  return { ...document, paths, components: { ...document.components, schemas } }
}

async function describe(routes: readonly RouteOptions[], version: string): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger')
  const app = fastify({ schemaController })
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Wartezimmer',
        version,
        description:
          'Dial-in codes, live rooms and the connection record of a signaling server for video consultations.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          admin: {
            type: 'http',
            scheme: 'bearer',
            description: 'The token of an admin; each operation says which right it needs.',
          },
        },
      },
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
  for (const { method, url, schema = {} } of routes) app.route({ method, url, schema, handler: notFound })
  await app.ready()
  return app.swagger()
}
