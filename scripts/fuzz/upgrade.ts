/** Requests to open the WebSocket: right ones, and HTTP that is broken in every way it is known to be broken. */
import type { Random } from './random.ts'
import type { Sent } from './wire.ts'

const HEADERS = [
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: wartezimmer.v1',
] as const

const request = (line: string, headers: readonly string[], body = ''): Buffer =>
  Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1')

const GET = 'GET /v1/signal HTTP/1.1'

/** An upgrade that must be accepted. */
export const upgrade = (): Buffer => request(GET, HEADERS)

/** HEADERS with those whose names are given replaced or, where nothing is given, left out. */
function but(changes: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(changes)
  const kept = HEADERS.filter((header) => !names.some((name) => header.startsWith(`${name}:`)))
  return [...kept, ...names.flatMap((name) => (changes[name] === undefined ? [] : [`${name}: ${changes[name]}`]))]
}

const PATHS = [
  '/v1/signal?code=K7M4XQ9TP',
  '/v1/signal/',
  '/v1//signal',
  '/V1/SIGNAL',
  '/v1/signal#x',
  '/v1/%73ignal',
  '/v1/signal%00',
  '/v1/signal%',
  '//v1/signal',
  'http://other.example/v1/signal',
  '*',
  '/',
  '/healthz',
  '/docs/../v1/signal',
  '/..%2f..%2fetc/passwd',
  `/${'a'.repeat(9000)}`,
]

/** Upgrades that must not be accepted, or need not. */
const upgrades: readonly ((random: Random) => Buffer)[] = [
  (random) =>
    request(GET, but({ 'Sec-WebSocket-Version': random.pick([undefined, '8', '12', '14', '-1', 'x', '13, 8']) })),
  (random) =>
    request(GET, but({ 'Sec-WebSocket-Key': random.pick([undefined, '', 'short', '='.repeat(24), 'a'.repeat(5000)]) })),
  (random) =>
    request(
      GET,
      but({
        'Sec-WebSocket-Protocol': random.pick([undefined, '', ',', 'wartezimmer.v2', 'a,,b', 'a b', '\u00e4', 'a,a']),
      }),
    ),
  (random) =>
    request(
      GET,
      but({ Origin: random.pick(['https://evil.example', 'null', '', 'file://', 'http://', '\u00ff', '__proto__']) }),
    ),
  (random) =>
    request(GET, but({ Host: random.pick([undefined, '', 'a b', 'evil.example', '[::1', ':80', 'a'.repeat(3000)]) })),
  (random) => request(GET, but({ Upgrade: random.pick(['h2c', 'websocket, h2c', 'WebSocket', 'websocket/13', '']) })),
  (random) =>
    request(GET, but({ Connection: random.pick(['close', 'keep-alive', 'upgrade, close', 'Upgrade, Upgrade']) })),
  (random) => request(GET, [...HEADERS, random.pick(HEADERS)]),
  (random) => request(`GET ${random.pick(PATHS)} HTTP/1.1`, HEADERS),
  (random) =>
    request(
      `${random.pick(['POST', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'TRACE'])} /v1/signal HTTP/1.1`,
      HEADERS,
    ),
  (random) => request(`GET /v1/signal HTTP/${random.pick(['1.0', '2.0', '0.9', '1.2', '9.9', 'x'])}`, HEADERS),
  (random) => request(GET, [...HEADERS, `Content-Length: ${random.pick([0, 5, -1])}`], 'hello'),
  (random) =>
    request(
      GET,
      [...HEADERS, 'Transfer-Encoding: chunked'],
      random.pick(['0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'zz']),
    ),
  () => request(GET, [...HEADERS, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99; x="']),
  (random) =>
    request(GET, [
      ...HEADERS,
      `X-Forwarded-Proto: ${random.pick(['http', 'https', ',', 'HTTP , x', 'a'.repeat(500)])}`,
    ]),
  (random) =>
    request(GET, [...HEADERS, `X-Forwarded-For: ${random.pick(['1.2.3.4', '::1', 'x', ',,,', '999.1.1.1'])}`]),
  () => Buffer.concat([request(GET, HEADERS), request(GET, HEADERS)]),
  () => Buffer.concat([request('GET /healthz HTTP/1.1', ['Host: a']), request(GET, HEADERS), Buffer.from('GET / ')]),
]

/** HTTP that is none, or two things at once (RFC 9112, sections 3, 5, 6 and 11). */
const nonsense: readonly ((random: Random) => Buffer)[] = [
  (random) => random.bytes(random.between(1, 400)),
  (random) =>
    Buffer.from(
      random.pick([
        '\r\n\r\n\r\n',
        'GET\r\n\r\n',
        'GET /\r\n\r\n',
        ' GET / HTTP/1.1\r\n\r\n',
        'GET / HTTP/1.1',
        '\u0000',
      ]),
    ),
  (random) =>
    request(
      random.pick([
        'GET  / HTTP/1.1',
        'GET /a b HTTP/1.1',
        'GET / HTTP/1.1 x',
        'G\u0000T / HTTP/1.1',
        'GET \u00ff HTTP/1.1',
      ]),
      ['Host: a'],
    ),
  (random) =>
    request(`${random.pick(['FOO', 'PRI', 'M-SEARCH', 'LINK', 'QUERY', 'BREW'])} ${random.pick(PATHS)} HTTP/1.1`, [
      'Host: a',
    ]),
  () => request('PRI * HTTP/2.0', [], 'SM\r\n\r\n'),
  () => request('GET / HTTP/1.1', []),
  (random) => request('GET / HTTP/1.1', ['Host: a', `X: ${'a'.repeat(random.pick([8000, 17_000, 70_000]))}`]),
  (random) =>
    request('GET / HTTP/1.1', ['Host: a', ...Array.from({ length: random.pick([100, 2100]) }, (_, n) => `X${n}: a`)]),
  (random) =>
    request('GET / HTTP/1.1', [
      'Host: a',
      random.pick(['Host: b', 'A: b\r\n c', ' A: b', 'A : b', ': b', 'A', 'A: \u0000', 'A\u00e4: b']),
    ]),
  () => Buffer.from('GET / HTTP/1.1\nHost: a\n\n'),
  () => Buffer.from('GET / HTTP/1.1\rHost: a\r\r'),
  (random) =>
    request(
      'POST /v1/codes HTTP/1.1',
      ['Host: a', `Content-Length: ${random.pick(['-1', '+5', '5, 5', '0x5', '1e1', '', '9'.repeat(30), '5 '])}`],
      'hello',
    ),
  () => request('POST /v1/codes HTTP/1.1', ['Host: a', 'Content-Length: 5', 'Content-Length: 6'], 'hello!'),
  // Smuggling: whoever believes the one length sees another request than who believes the other.
  () =>
    request('POST /v1/codes HTTP/1.1', ['Host: a', 'Content-Length: 6', 'Transfer-Encoding: chunked'], '0\r\n\r\nG'),
  (random) =>
    request(
      'POST /v1/codes HTTP/1.1',
      [
        'Host: a',
        `Transfer-Encoding: ${random.pick(['chunked, identity', 'xchunked', 'chunked\r\nTransfer-Encoding: x', ' chunked', '\tchunked', 'gzip, chunked'])}`,
        'Content-Length: 4',
      ],
      '5c\r\nGET /v1/codes HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n',
    ),
  (random) =>
    request(
      'POST /v1/codes HTTP/1.1',
      ['Host: a', 'Transfer-Encoding: chunked'],
      random.pick([
        '-1\r\n',
        'ffffffffffffffffff\r\na',
        '5;x="\r\nhello\r\n',
        '1\r\nab\r\n',
        '0\r\nX: y\r\n',
        '1\na\n0\n\n',
      ]),
    ),
  () => request('POST /v1/codes HTTP/1.1', ['Host: a', 'Expect: 100-continue', 'Content-Length: 100']),
  () => request('POST /v1/codes HTTP/1.1', ['Host: a', 'Expect: nonsense', 'Content-Length: 0']),
  () => Buffer.concat(Array.from({ length: 30 }, () => request('GET /healthz HTTP/1.1', ['Host: a']))),
  (random) =>
    request(`GET ${random.pick(PATHS)} HTTP/1.1`, [
      'Host: a',
      `Range: bytes=${random.pick(['0-', '-1', '5-1', 'x', '0-0,1-1,2-2'])}`,
    ]),
  (random) =>
    request(`GET /${random.pick(['', 'praxis', 'docs', 'page.js', 'style.css'])} HTTP/1.1`, [
      'Host: a',
      `If-Modified-Since: ${random.pick(['x', 'Thu, 01 Jan 1970 00:00:00 GMT'])}`,
      `If-None-Match: ${random.pick(['*', '"', 'W/""'])}`,
    ]),
]

export function brokenRequest(random: Random): Sent {
  if (random.chance(0.5)) return { kind: 'broken upgrade', bytes: [random.pick(upgrades)(random)] }
  return { kind: 'broken HTTP', bytes: [random.pick(nonsense)(random)] }
}
