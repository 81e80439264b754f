/** The running server as it says itself that it is: whether it is ready, and by which ways people come to it. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { json, text } from 'node:stream/consumers'
import type { Config } from '../../config/config.ts'
import { tlsOptions } from '../../http/tls.ts'
import { WAYS, type Way } from '../../observability/events.ts'
import { isHeld } from '../../record/examine.ts'
import { ask, localUrl } from '../server.ts'
import { shakeHands } from './certificate.ts'
import { type Finding, findingsAbout, reasonOf } from './finding.ts'

type Readiness = { status: string; wiped: boolean; clockDisagreesBySeconds: number }

/** Its certificate is for another name, and is looked at by itself. */
const anyCertificate = { rejectUnauthorized: false }

const { wrong, faultsOr } = findingsAbout('server')

const ADVICE: Record<string, string> = {
  stopping: 'It is stopping: wait, and look again',
  commits_failing: 'It cannot write what happens: see whether the disk is full, read-only or broken, and its log',
  sweep_failing: 'It cannot delete what is due: its log says why (sweep_failed)',
}

/** @returns also what is wrong with the clock, as far as the server has noticed */
export async function checkServer(config: Config): Promise<Finding[]> {
  const url = localUrl(config)
  try {
    const answer = await ask(`${url}/readyz`, anyCertificate)
    const { status, wiped, clockDisagreesBySeconds } = (await json(answer)) as Readiness
    if (typeof status !== 'string') return [wrong(`Something else answers at ${url}: see WZ_PORT`)]
    const unwiped = wiped ? [] : ['Deleted rows are still in its files, since another program reads them: end that one']
    const advice = status === 'ready' ? [] : [ADVICE[status] ?? `It is not ready: ${status}`]
    return [
      ...faultsOr([...advice, ...unwiped], 'runs, and is ready'),
      ...findingsAbout('clock').faultsOr(
        clockDisagreesBySeconds === 0
          ? []
          : [`It was set by ${clockDisagreesBySeconds} s, which the server does not believe yet: see to NTP`],
        'the server agrees with it',
      ),
    ]
  } catch (fault) {
    if (isHeld(config.dataDir))
      return [wrong(`One has the folder, but none answers at ${url}: it hangs, or has another WZ_HOST or WZ_PORT`)]
    return [wrong(`None answers at ${url} (${reasonOf(fault)}): start it, and read its log where it does not stay`)]
  }
}

/** Where it speaks HTTPS itself: the files must be good, and a certificate that was renewed there must have been taken. */
export async function checkServed(config: Config): Promise<Finding[]> {
  const { tlsCertFile, host, port } = config
  if (tlsCertFile === undefined || tlsOptions(config) === undefined) return []
  const about = findingsAbout('WZ_TLS_CERT_FILE')
  const socket = await shakeHands(/^(0\.0\.0\.0|::)$/.test(host) ? 'localhost' : host, port)
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  if (fingerprint256 === new X509Certificate(readFileSync(tlsCertFile)).fingerprint256)
    return [about.ok('is what is served')]
  return [about.wrong('The server still has another one than the file: send it SIGHUP')]
}

/**
 * How many have come by each way so far. Rejects where the server does not tell.
 * @param token an admin's
 */
export async function readWays(config: Config, token: string): Promise<Record<Way, number>> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await ask(`${localUrl(config)}/metrics`, { ...anyCertificate, headers })
  const metrics = await text(answer)
  if (answer.statusCode !== 200) throw new Error(`the metrics are refused with ${answer.statusCode}`)
  const count = (way: Way) =>
    Number(new RegExp(`^wartezimmer_arrivals_total\\{way="${way}"\\} (\\d+)`, 'm').exec(metrics)?.[1])
  return Object.fromEntries(WAYS.map((way) => [way, count(way)])) as Record<Way, number>
}
