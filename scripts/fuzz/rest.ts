/** Requests to the REST API, made from its own OpenAPI document, and then broken. */
import { broken, fieldsOf, type Known, type Schema, valueFor, write } from './json.ts'
import type { Random } from './random.ts'
import type { Sent } from './wire.ts'

type Parameter = { name: string; in: 'path' | 'query' | 'header'; schema: Schema }
type Operation = {
  parameters?: readonly Parameter[]
  requestBody?: { content: Readonly<Record<string, { schema: Schema }>> }
}
export type OpenApi = { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** One of so many keys that some come again. */
const keyNumber = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

const TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-16',
  'application/json;;;',
  'multipart/form-data; boundary=',
  'application/x-www-form-urlencoded',
  '__proto__',
  '',
]

const PATHS = [
  '..',
  '%2e%2e%2f',
  '%00',
  '%',
  '%ff',
  '%ed%a0%80',
  '__proto__',
  "' OR 1=1 --",
  'a'.repeat(300),
  '-',
  '%2F',
  ';x',
]
const TEXTS = [
  '',
  '0',
  '-1',
  '1.5',
  '1e3',
  '9'.repeat(16),
  '9'.repeat(400),
  'null',
  '%00',
  '%',
  'a&a=b',
  '[]',
  '__proto__',
]

/** Writes a request from what it consists of. */
function request(line: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields.join('')}\r\n`, 'latin1'), body])
}

const chunked = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])

/**
 * Makes requests, most of them of the right shape and with a good token, so that they get to the handlers.
 * @param known ids and rooms that there are
 */
export function newRequests(api: OpenApi, token: string, known: Known) {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

  return function restRequest(random: Random): Sent {
    const { path, method, operation } = random.pick(operations)
    const { parameters = [], requestBody } = operation
    const kinds: string[] = []
    const breaks = (what: string, probability: number): boolean => {
      const so = random.chance(probability)
      if (so) kinds.push(what)
      return so
    }

    const address = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      breaks('id', 0.15) ? random.pick(PATHS) : encodeURIComponent(String(known(name, random))),
    )
    const query = parameters.flatMap((parameter) => {
      if (parameter.in !== 'query' || random.chance(0.6)) return []
      const name = breaks('query', 0.05) ? random.pick(TEXTS) : parameter.name
      const value = known(parameter.name, random) ?? valueFor(parameter.schema, random, known)
      return [`${name}=${breaks('query', 0.2) ? random.pick(TEXTS) : encodeURIComponent(String(value))}`]
    })
    const headers: Record<string, string> = {}
    if (!breaks('token', 0.1)) headers.Authorization = `Bearer ${token}`
    else if (random.chance(0.7))
      headers.Authorization = random.pick(['Bearer', `Bearer ${token}x`, 'Basic YTpi', '\u00e4', ' '])
    if (random.chance(0.1)) headers.Accept = random.pick(['text/csv', '*/*;q=0', 'application/json;q=x', ',;=', 'a/b'])
    if (random.chance(0.1))
      headers['Idempotency-Key'] = random.pick([
        'a',
        keyNumber(random.below(50)),
        keyNumber(random.below(50)),
        '\u00e4',
        ' ',
        'x'.repeat(256),
      ])
    if (random.chance(0.03)) headers['Content-Encoding'] = random.pick(['gzip', 'br', 'identity', 'x'])

    let body: Buffer = Buffer.alloc(0)
    const schema = requestBody?.content['application/json']?.schema
    if (schema) {
      const fields = fieldsOf(schema, random, known)
      const text = breaks('body', 0.6) ? broken(fields, random).text : write(fields)
      body = Buffer.from(text)
      if (breaks('encoding', 0.05)) body = Buffer.concat([body.subarray(0, -1), random.bytes(3), body.subarray(-1)])
      headers['Content-Type'] = breaks('type', 0.08) ? random.pick(TYPES) : 'application/json'
    } else if (breaks('body', 0.05)) body = random.bytes(random.below(300))
    if (random.chance(0.1) && body.length > 0) {
      headers['Transfer-Encoding'] = 'chunked'
      body = chunked(body)
    } else if (body.length > 0) headers['Content-Length'] = String(body.length)

    const verb = breaks('method', 0.04) ? random.pick(METHODS) : method
    const line = `${verb.toUpperCase()} ${address}${query.length > 0 ? `?${query.join('&')}` : ''}`
    return { kind: `REST ${kinds[0] ?? 'right'}`, bytes: [request(line, headers, body)] }
  }
}
