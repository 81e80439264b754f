/** The REST door on the HTTP server, over a real record, with everything else faked and noted. */
import type { LightMyRequestResponse } from 'fastify'
import type { TSchema } from 'typebox'
import * as assert from 'uvu/assert'
import { type Admin, allRights } from '../src/config/admins.ts'
import { digestOf } from '../src/config/admins-file.ts'
import { readConfig } from '../src/config/config.ts'
import { secureHeaders } from '../src/http/headers.ts'
import { refuseOtherMethods } from '../src/http/methods.ts'
import { answerProblems } from '../src/http/problems.ts'
import { createServer } from '../src/http/server.ts'
import { faultOf } from '../src/protocol/fault.ts'
import { inventory } from '../src/record/inventory.ts'
import { keepAdmins } from '../src/rest/admins.ts'
import type { LiveRoom, RestOptions } from '../src/rest/options.ts'
import { rest } from '../src/rest/rest.ts'
import { closing } from './closing.ts'
import { NOW, openIn, tempFolder } from './record-support.ts'

export const TOKEN = 'practice-token-0123456789abcdefgh'

/** A schema by which an object has no other fields than are listed: what is not in the reference is told to nobody. */
function closed(schema: TSchema): TSchema {
  const parts = Object.entries(schema).map(([name, part]) => [name, part instanceof Object ? closed(part) : part])
  const same = Array.isArray(schema) ? parts.map(([, part]) => part) : Object.fromEntries(parts)
  return 'properties' in schema ? { ...same, additionalProperties: false } : same
}

/** An admin with all rights, unless others are given; in all rooms, or in those of a practice. */
export const adminWith = (name: string, token: string, given: Partial<Admin> = {}): Admin => ({
  name,
  tokenSha256: digestOf(token),
  rights: allRights,
  ...given,
})

type Call = { body?: unknown; headers?: Record<string, string>; token?: string | null }

/** @param more admins beside the two that there are always, who have all rooms */
export async function openRest(options: Partial<RestOptions> = {}, more: readonly Admin[] = []) {
  const folder = tempFolder()
  const record = await openIn(folder)
  const state = { now: NOW, ready: true, commitsFail: false, rooms: {} as Record<string, LiveRoom> }
  const revoked: string[] = []
  const failures: unknown[] = []
  const app = createServer(
    readConfig({}),
    () => undefined,
    () => {},
  )
  app.addHook('preSerialization', async ({ routeOptions }, { statusCode }, answer) => {
    const answers = (routeOptions.schema?.response ?? {}) as Record<string, TSchema>
    if (answers[statusCode]) assert.is(faultOf(closed(answers[statusCode]), answer), undefined)
  })
  // Nothing is answered that the reference does not say of that route, and no refusal with another code.
  app.addHook('onSend', async ({ routeOptions }, { statusCode }, payload) => {
    const { tags, response = {} } = (routeOptions.schema ?? {}) as {
      tags?: string[]
      response?: Record<string, TSchema>
    }
    if (!tags) return
    const answer = response[statusCode] as { description?: string; content?: object } | undefined
    assert.ok(answer, `${routeOptions.url} answers ${statusCode}`)
    if (!answer.content || !('application/problem+json' in answer.content)) return
    const { code } = JSON.parse(String(payload)) as { code: string }
    assert.match(answer.description ?? '', `\`${code}\``, routeOptions.url)
  })
  answerProblems(app, { failed: (error) => failures.push(error) })
  await secureHeaders(app, { https: false })
  const refuseTheRest = refuseOtherMethods(app)
  await app.register(rest, {
    record,
    admins: keepAdmins([
      adminWith('practice', TOKEN),
      adminWith('software', 'software-token-0123456789abcdefgh'),
      ...more,
    ]),
    inventory: inventory({ retentionDays: 30, sweepMinutes: 60, resumeSeconds: 120 }),
    practice: readConfig({}),
    publicUrl: () => 'https://wartezimmer.example/',
    version: '1.2.3',
    now: () => state.now,
    elapsed: () => state.now,
    rooms: { get: (room) => state.rooms[room], all: () => Object.values(state.rooms) },
    count: () => {},
    revoked: async (_room, code) => void revoked.push(code),
    metrics: async () => 'wartezimmer_connections 0\n',
    clockDoubt: () => 0,
    isReady: () => state.ready,
    commitsFail: () => state.commitsFail,
    ...options,
  })
  refuseTheRest()

  /** Calls the API; a body that is no string goes as JSON. */
  function call(method: string, url: string, { body, headers = {}, token = TOKEN }: Call = {}) {
    return app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  async function mint(body: object = {}, headers: Record<string, string> = {}) {
    const response = await call('POST', '/v1/codes', { body, headers })
    assert.is(response.statusCode, 201, response.body)
    return response.json() as { room: string; codes: { id: string; role: string; code: string; link: string }[] }
  }

  closing(async () => void (await app.close()))
  return { app, record, folder, state, revoked, failures, call, mint }
}

/** Asserts that an answer is a problem document with this status and code, and returns it. */
export function problem(response: LightMyRequestResponse, status: number, code: string) {
  assert.is(response.statusCode, status, response.body)
  assert.match(response.headers['content-type'] as string, /^application\/problem\+json/)
  const document = response.json() as { type: string; title: string; detail?: string; [fact: string]: unknown }
  assert.equal([document.status, document.code], [status, code])
  assert.is(document.type, `/docs/rest#${code}`)
  return document
}
