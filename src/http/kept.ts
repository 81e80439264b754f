/** Answers that are the same for everybody: compressed once, and not sent again to whoever has them already. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  map: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  // Browsers show it; by its ending it would be a film.
  ts: 'text/plain; charset=utf-8',
}

/** The better first, whatever order a browser names them in. */
const CODINGS = [
  { name: 'br', compress: promisify<Buffer, Buffer>(brotliCompress) },
  { name: 'gzip', compress: promisify<Buffer, Buffer>(gzip) },
]

/** Whether a coding is named in Accept-Encoding, and not with a weight of nothing. */
const takes = (header: string, name: string) =>
  header.split(',').some((one) => one.trim().split(/\s*;/)[0] === name && !/;\s*q=0(\.0*)?\s*$/.test(one))

export type Kept = {
  /** Another one for each content: who asks with `?v=VERSION` may keep the answer for ever. */
  version: string
  send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

/** Keeps a body for all who will ask. What compresses it is another thread, when it is first asked for. */
export function keep(content: string | Buffer, type: string): Kept {
  const body = Buffer.from(content)
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16)
  const codings = /^image\/(?!svg)/.test(type) ? [] : CODINGS
  const compressed = new Map<string, Promise<Buffer>>()
  return {
    version,
    async send({ headers, query }, reply) {
      const isForEver = (query as { v?: unknown }).v === version
      reply.header('cache-control', isForEver ? 'public, max-age=31536000, immutable' : 'no-cache')
      reply.header('etag', `W/"${version}"`)
      reply.header('vary', [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', '))
      if (headers['if-none-match']?.includes(`"${version}"`)) return reply.code(304).send()
      reply.type(type)
      const coding = codings.find(({ name }) => takes(String(headers['accept-encoding'] ?? ''), name))
      if (!coding) return reply.send(body)
      const { name, compress } = coding
      if (!compressed.has(name)) compressed.set(name, compress(body))
      return reply.header('content-encoding', name).send(await compressed.get(name))
    },
  }
}

/** Keeps a file as it is now. Its ending says what it is. */
export const keepFile = (path: string): Kept =>
  keep(readFileSync(path), TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
