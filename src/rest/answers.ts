/** What routes answer beside what was asked for, as the OpenAPI document has it: refusals by their status, and headers. */
import type { TSchema } from 'typebox'
import { type ProblemCode, ProblemSchema, problemStatus, problemTitles } from '../http/problems.ts'
import { Type } from '../protocol/type.ts'

/** What anything that needs a token may be refused with. */
export const ALWAYS = [
  'bad_frame',
  'unauthorized',
  'forbidden',
  'https_required',
  'throttled',
  'internal',
  'server_busy',
] as const

/** What anything with a body may be refused with, beside that. */
export const BODY = ['bad_message', 'too_large', 'unsupported_media_type'] as const

const text = (description: string) => Type.String({ description })
const seconds = { 'retry-after': Type.Integer({ description: 'seconds to wait' }) }
const HEADERS: Partial<Record<number, Record<string, TSchema>>> = {
  401: { 'www-authenticate': text('`Bearer`: RFC 6750, section 3') },
  429: seconds,
  503: seconds,
}

/** The header that leads from one page of a list to the next one. */
export const Link = { link: text('where there is a next page: its address, with `rel="next"` (RFC 8288)') }

/** The answers of a route: where it worked, and where it refused with one of these codes. */
export function answers<Good extends object>(good: Good, ...codes: ProblemCode[]) {
  const byStatus = Map.groupBy([...ALWAYS, ...codes], (code) => problemStatus[code])
  const refusals = [...byStatus].map(([status, codes]) => {
    const description = codes.map((code) => `\`${code}\`: ${problemTitles[code]}`).join(' ')
    const content = { 'application/problem+json': { schema: ProblemSchema } }
    return [status, { description, content, ...(HEADERS[status] && { headers: HEADERS[status] }) }]
  })
  return { ...good, ...Object.fromEntries(refusals) }
}
