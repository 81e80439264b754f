/** Describes the signaling protocol in AsyncAPI 3.0, from the schemas that validate it. */
import type { TObject } from 'typebox'
import { clientMessages, SUBPROTOCOL, serverMessages } from '../protocol/messages.ts'
import { Type } from '../protocol/type.ts'

const seq = Type.Integer({ minimum: 1, description: 'counts the frames to this seat; errors without a seat have none' })

/** Server frames as they arrive: with `seq`, but for the two that a connection starts with. */
function framed(name: string, schema: TObject) {
  const { properties, ...rest } = schema
  return name === 'joined' || name === 'resumed' ? schema : { ...rest, properties: { ...properties, seq } }
}

type Direction = 'client' | 'server'

/** Some names are used in both directions, so keys say which one. */
const messages = (direction: Direction, schemas: Record<string, TObject>) =>
  Object.entries(schemas).map(([name, schema]) => {
    const payload = direction === 'server' ? framed(name, schema) : schema
    const { description: summary } = schema as { description?: string }
    return [`${direction}-${name}`, { name, title: name, summary, payload }] as const
  })

const refs = (under: string, all: ReturnType<typeof messages>) => all.map(([key]) => ({ $ref: `#/${under}/${key}` }))

/** The document, seen from the server as AsyncAPI wants it: it receives what clients send. */
export function asyncapi(publicUrl: string, version: string) {
  const { host, protocol, pathname } = new URL(publicUrl)
  const received = messages('client', clientMessages)
  const sent = messages('server', serverMessages)
  const channel = { $ref: '#/channels/signal' }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Wartezimmer signaling',
      version,
      description: `One JSON object in each text frame; WebSocket subprotocol ${SUBPROTOCOL}. The rules are at /docs/protocol.`,
    },
    defaultContentType: 'application/json',
    servers: { here: { host, pathname, protocol: protocol === 'https:' ? 'wss' : 'ws' } },
    channels: {
      signal: {
        address: '/v1/signal',
        messages: Object.fromEntries(
          [...received, ...sent].map(([key]) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
        bindings: { ws: { method: 'GET' } },
      },
    },
    operations: {
      fromClient: { action: 'receive', channel, messages: refs('channels/signal/messages', received) },
      toClient: { action: 'send', channel, messages: refs('channels/signal/messages', sent) },
    },
    components: { messages: Object.fromEntries([...received, ...sent]) },
  }
}
