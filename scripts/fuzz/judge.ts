/** What may be said to an attacker: right frames, codes of the closed lists, nothing of the inside or of others. */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { closeCodes, errorCodes, restErrorCodes } from '../../src/protocol/errors.ts'
import { type ServerFrame, serverMessages } from '../../src/protocol/messages.ts'
import { count, type Tally } from './tally.ts'

const validators = new Map<unknown, ReturnType<typeof Compile>>(
  Object.entries(serverMessages).map(([type, schema]) => [type, Compile(schema as TSchema)]),
)

/** Stacks, places in the code, files, SQL. */
const INSIDE =
  /\bat .+:\d+|node_modules|node:internal|\/(dist|src|tmp|home|usr)\/|\.[jt]s\b|SQLITE|sqlite|constraint|\b(SELECT|INSERT|UPDATE|DELETE)\b|\b(Type|Range|Syntax|Reference)?Error\b/

/** Close codes that are not the protocol's own: violations of RFC 6455, section 7.4.1. */
const VIOLATED = new Set([1002, 1007, 1009])
const OURS = new Set<number>(Object.values(closeCodes).map(({ code }) => code))

/** @param secrets what only the bystanders know */
export function newJudge(tally: Tally, secrets: readonly string[]) {
  const fault = (what: string): void => count(tally.faults, what)

  function keepsSecrets(text: string, where: string): void {
    if (secrets.some((secret) => text.includes(secret))) fault(`${where} says something of the bystanders`)
  }

  return {
    fault,

    /** A text frame of the server. @returns it, if it is one */
    frame(text: string): ServerFrame | undefined {
      keepsSecrets(text, 'a frame')
      let frame: ServerFrame
      try {
        frame = JSON.parse(text) as ServerFrame
      } catch {
        fault('a frame of the server is no JSON')
        return undefined
      }
      if (!validators.get(frame.type)?.Check(frame)) fault(`a frame of the server is not of its schema: ${frame.type}`)
      if (frame.type !== 'error') count(tally.answers, frame.type)
      else {
        const { code, message } = frame
        count(tally.answers, `error ${code}`)
        if (!Object.hasOwn(errorCodes, code)) fault('an error has a code that is not in the list')
        if (code === 'internal') fault('an error says internal')
        if (INSIDE.test(message)) fault(`an error tells of the inside: ${message}`)
      }
      return frame
    },

    /** A close frame of the server; one that answers ours repeats its code. */
    close(code: number | undefined, asked: ReadonlySet<number>): void {
      count(tally.answers, `close ${code ?? 'without code'}`)
      if (code !== undefined && !OURS.has(code) && !VIOLATED.has(code) && !asked.has(code)) {
        fault(`a close has a code of nobody: ${code}`)
      }
    },

    /** A whole HTTP response; one to HEAD has no body. */
    response(status: number, head: string, body: string): void {
      count(tally.answers, `HTTP ${status}`)
      if (status >= 500) fault(`HTTP ${status}`)
      keepsSecrets(head + body, 'a response')
      if (/^set-cookie:/im.test(head)) fault('a response sets a cookie')
      if (status < 400 || body === '') return
      try {
        const { code, title, detail = '' } = JSON.parse(body) as { code: string; title: string; detail?: string }
        count(tally.answers, `problem ${code}`)
        if (!Object.hasOwn({ ...errorCodes, ...restErrorCodes }, code))
          fault('a problem has a code that is not in the list')
        if (INSIDE.test(title + detail)) fault(`a problem tells of the inside: ${detail}`)
      } catch {
        fault(`HTTP ${status} is no problem document`)
      }
    },
  }
}

export type Judge = ReturnType<typeof newJudge>
