/** Describes the signaling protocol in AsyncAPI 3.0 (which generators know), from the schemas and tables that the server itself runs on. */
import type { TObject } from 'typebox'
import { closeCodes } from '../protocol/errors.ts'
import {
  type ClientMessage,
  clientMessages,
  MAX_FRAME,
  MAX_SERVER_FRAME,
  SUBPROTOCOL,
  serverMessages,
} from '../protocol/messages.ts'
import { senderStates } from '../protocol/states.ts'
import { Type } from '../protocol/type.ts'
import { nameSchemas } from './components.ts'
import { examples } from './examples.ts'

const seq = Type.Integer({ minimum: 1, description: 'counts the frames to this seat; errors without a seat have none' })

/** Server frames as they arrive: with `seq`, but for the two that a connection starts with. */
function framed(name: string, schema: TObject) {
  const { properties, ...rest } = schema
  return name === 'joined' || name === 'resumed' ? schema : { ...rest, properties: { ...properties, seq } }
}

type Direction = 'client' | 'server'

const pascal = (name: string) => name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Some names are used in both directions, so keys and types say which one. */
const messages = (direction: Direction, all: Record<string, TObject>, schemas: Record<string, unknown>) =>
  Object.entries(all).map(([name, schema]) => {
    const title = pascal(direction) + pascal(name)
    const { description: summary } = schema as { description?: string }
    const payload = nameSchemas({ ...(direction === 'server' ? framed(name, schema) : schema), title }, schemas)
    return [
      `${direction}-${name}`,
      { name: title, title: name, summary, payload, examples: [{ payload: examples[title] }] },
    ] as const
  })

type Name = ClientMessage['type']

/** What a frame is answered with beside the error that every frame may be answered with. */
const REPLIES: Partial<Record<Name, string>> = { join: 'joined', resume: 'resumed', ping: 'pong' }

/** Who may send a frame, and the state it is in afterwards. */
const senders = (command: Name) =>
  Object.entries(senderStates).flatMap(([role, states]: [string, Record<string, Partial<Record<Name, string>>>]) =>
    Object.entries(states).flatMap(([state, then]) => (then[command] ? [{ role, state, next: then[command] }] : [])),
  )

const inChannel = (key: string) => ({ $ref: `#/channels/signal/messages/${key}` })

/** The document, seen from the server as AsyncAPI wants it: it receives what clients send. */
export function asyncapi(publicUrl: string, version: string) {
  const { host, protocol, pathname } = new URL(publicUrl)
  const schemas: Record<string, unknown> = {}
  const received = messages('client', clientMessages, schemas)
  const sent = messages('server', serverMessages, schemas)
  const channel = { $ref: '#/channels/signal' }
  const commands = (Object.keys(clientMessages) as Name[]).map((name) => {
    const who = senders(name)
    const answers = [REPLIES[name], 'error'].filter((one) => one !== undefined)
    const operation = {
      action: 'receive',
      channel,
      summary: (clientMessages[name] as { description?: string }).description,
      description: `Said by ${who.map(({ role, state }) => (role === 'nobody' ? 'who has no seat' : `a ${role} who is ${state}`)).join(', ')}.`,
      messages: [inChannel(`client-${name}`)],
      reply: { channel, messages: answers.map((one) => inChannel(`server-${one}`)) },
      'x-senders': who,
    }
    return [name, operation]
  })
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Wartezimmer signaling',
      version,
      license: { name: 'MIT' },
      tags: [{ name: 'signaling' }, { name: 'webrtc' }],
      description: `One JSON object in each text frame, of at most ${MAX_FRAME / 1024} KiB from a client and ${MAX_SERVER_FRAME / 1024} KiB from the server; WebSocket subprotocol ${SUBPROTOCOL}. The rules are at /docs/protocol.`,
    },
    defaultContentType: 'application/json',
    servers: { here: { host, pathname, protocol: protocol === 'https:' ? 'wss' : 'ws' } },
    channels: {
      signal: {
        address: '/v1/signal',
        messages: Object.fromEntries(
          [...received, ...sent].map(([key]) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
        bindings: {
          ws: {
            method: 'GET',
            headers: {
              type: 'object',
              properties: { 'Sec-WebSocket-Protocol': { type: 'string', const: SUBPROTOCOL } },
              required: ['Sec-WebSocket-Protocol'],
            },
            bindingVersion: '0.1.0',
          },
        },
        'x-close-codes': Object.values(closeCodes),
      },
    },
    operations: {
      ...Object.fromEntries(commands),
      tell: {
        action: 'send',
        channel,
        summary: 'tells what has happened',
        description: 'To each seat what concerns it.',
        messages: sent.map(([key]) => inChannel(key)),
      },
    },
    components: { messages: Object.fromEntries([...received, ...sent]), schemas },
  }
}
