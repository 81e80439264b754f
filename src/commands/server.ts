/** The server as commands see it: where it is on its own machine, who may ask it, and how it is asked for codes. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { type Config, readSettings } from '../config/config.ts'
import { StartupError } from '../config/startup-error.ts'
import type { Role } from '../protocol/messages.ts'

export type Server = {
  url: string
  /** The only one that is trusted, whatever name it is for. Without it those are that authorities vouch for. */
  certificate?: string
}

export type MintedCode = { role: Role; code: string; link: string; notBefore: number; expiresAt: number }
export type Minted = { room: string; codes: MintedCode[] }

/** Where a server with this configuration is reached from its own machine. */
export function localUrl({ host, port, tlsCertFile }: Pick<Config, 'host' | 'port' | 'tlsCertFile'>): string {
  const name = /^(0\.0\.0\.0|::)$/.test(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${tlsCertFile ? 'https' : 'http'}://${name}:${port}`
}

/**
 * The server of this machine. Its certificate is for the name that patients use, so it is known by itself.
 * @throws StartupError where the environment does not say where it is
 */
export function localServer(env: NodeJS.ProcessEnv): Server {
  const config = readSettings(env, 'host', 'port', 'tlsCertFile')
  const url = localUrl(config)
  if (config.tlsCertFile === undefined) return { url }
  try {
    return { url, certificate: new X509Certificate(readFileSync(config.tlsCertFile)).toString() }
  } catch (fault) {
    throw new StartupError(`WZ_TLS_CERT_FILE: ${(fault as Error).message}`)
  }
}

/**
 * A token that the server of this machine takes.
 * @throws StartupError where there is none
 */
export function localToken(env: NodeJS.ProcessEnv): string {
  const { adminTokens, dataDir } = readSettings(env, 'adminTokens', 'dataDir')
  return adminTokens?.[0]?.token ?? readToken(join(dataDir, 'admin-token'))
}

/** The token in a file. Throws a StartupError where it cannot be read, or is none that a request could carry. */
export function readToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim()
    if (!/^[!-~]+$/.test(token)) throw new Error(`${file} holds something else than one token`)
    return token
  } catch (fault) {
    throw new StartupError(`No admin token: ${(fault as Error).message}. See --help.`)
  }
}

/**
 * Asks the server for codes.
 * @throws StartupError that says in one line why there are none
 */
export async function mintCodes({ url, certificate }: Server, token: string, body: object): Promise<Minted> {
  const options = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(certificate && { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined }),
  }
  const response = await ask(`${url}/v1/codes`, options, JSON.stringify(body)).catch((fault) => {
    const { message, code, cause } = fault as NodeJS.ErrnoException
    const reason = cause instanceof Error ? cause.message : (code ?? message)
    throw new StartupError(`No answer from ${url}: ${reason}. Does the server run?`)
  })
  const answer = (await json(response).catch(() => undefined)) as (Minted & Partial<Problem>) | undefined
  if (response.statusCode === 201 && answer) return answer
  const { code = `HTTP ${response.statusCode}`, title = 'this is no Wartezimmer server', detail } = answer ?? {}
  throw new StartupError(`Refused (${code}): ${detail ?? title}`)
}

type Problem = { code: string; title: string; detail: string }

/** One request, over HTTP or HTTPS as the address says. Rejects where there is no answer in time. An upgrade is let go of. */
export function ask(url: string, options: https.RequestOptions = {}, body?: string): Promise<IncomingMessage> {
  const { request } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    request(url, { signal: AbortSignal.timeout(15_000), ...options }, resolve)
      .on('upgrade', (answer, socket) => {
        socket.destroy()
        resolve(answer)
      })
      .on('error', reject)
      .end(body)
  })
}
