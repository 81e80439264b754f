/** A picture that the operator gives in a file. What it is says its beginning, whatever its name is. */
import { readFileSync, statSync } from 'node:fs'

export type Image = { type: string; body: Buffer }

const MAX_KIB = 256

/** The first bytes, in hexadecimal digits. */
const BEGINNINGS: [type: string, bytes: RegExp][] = [
  ['image/png', /^89504e470d0a1a0a/],
  ['image/jpeg', /^ffd8ff/],
  ['image/webp', /^52494646.{8}57454250/],
]

/** Text; before its first element there may be what XML allows there. */
const SVG = /^\s*<(?!!doctype html)(?:svg|[?!][\s\S]*?<svg)[\s>]/i

function typeOf(body: Buffer): string | undefined {
  const bytes = body.toString('hex', 0, 12)
  return (
    BEGINNINGS.find(([, beginning]) => beginning.test(bytes))?.[0] ??
    (SVG.test(body.toString()) ? 'image/svg+xml' : undefined)
  )
}

function read(path: string): Buffer {
  try {
    if (statSync(path).size <= MAX_KIB * 1024) return readFileSync(path)
  } catch {
    throw `the path of a file that this program may read, not ${path}`
  }
  throw `a file of at most ${MAX_KIB} KiB`
}

/** Reads a picture for a page. Throws, as all that read settings, a string that completes “NAME must be …”. */
export function image(path: string): Image {
  const body = read(path)
  const type = typeOf(body)
  if (type === undefined) throw 'an SVG, PNG, JPEG or WebP file'
  return { type, body }
}
