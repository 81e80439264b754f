/** Whether the public address leads to this very server, and whether a proxy on the way says what it must, and nothing else. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Config } from '../../config/config.ts'
import type { Way } from '../../observability/events.ts'
import { SUBPROTOCOL } from '../../protocol/messages.ts'
import { ask } from '../server.ts'
import { checkCertificate } from './certificate.ts'
import { type Finding, findingsAbout, reasonOf } from './finding.ts'
import { readWays } from './server.ts'

/** Often enough not to be taken for a stranger who asks at the same time. */
const TIMES = 3
/** By so many seconds a clock may be wrong; TURN credentials and windows of codes bear it. */
const CLOCK = 30
const PATIENCE = 8_000

const { wrong, faultsOr } = findingsAbout('public address')
const SEE = 'see /docs/proxies'

type Heard = { status: number; code: string; headers: IncomingHttpHeaders }

/** @param token an admin's, for the metrics that tell by which way questions come; undefined where there is none */
export async function checkPublicUrl(config: Config, token: string | undefined): Promise<Finding[]> {
  const { publicUrl, tlsCertFile, trustedProxies } = config
  if (publicUrl === undefined) return [wrong('Links lead to this machine only: set WZ_PUBLIC_URL')]
  const { protocol, hostname, port } = new URL(publicUrl)
  const proxied = protocol === 'https:' && (tlsCertFile === undefined || trustedProxies.length > 0)
  const certificate = protocol === 'https:' ? await checkCertificate(hostname, Number(port || 443)) : []
  const ways = () => (token === undefined ? undefined : readWays(config, token).catch(() => undefined))
  try {
    const before = await ways()
    let heard = await hear(publicUrl)
    for (let time = 1; time < TIMES && heard.code === 'upgrade_required'; time++) heard = await hear(publicUrl)
    const after = await ways()
    if (heard.code !== 'upgrade_required') return [...certificate, wrong(strange(heard))]
    const came = before && after && ((way: Way) => after[way] - before[way])
    const faults = [
      ...(came ? wayFaults(came, proxied) : []),
      ...(proxied ? await forgedFaults(publicUrl) : []),
      ...(await upgradeFaults(publicUrl)),
      ...(port === '' && protocol === 'https:' ? await plainFaults(hostname) : []),
    ]
    return [...certificate, ...faultsOr(faults, came ? 'leads to this server' : 'answers'), ...clockOf(heard)]
  } catch (fault) {
    return [...certificate, wrong(`No answer from ${publicUrl} (${reasonOf(fault)}): does the proxy run? ${SEE}`)]
  }
}

/** Asks the signaling address for no WebSocket, which every server of this kind refuses in its own words. */
async function hear(publicUrl: string, headers: Record<string, string> = {}): Promise<Heard> {
  const options = { rejectUnauthorized: false, headers, signal: AbortSignal.timeout(PATIENCE), agent: false } as const
  const answer = await ask(`${publicUrl}/v1/signal`, options)
  const said = await text(answer)
  const code = /"code":"(\w+)"/.exec(said)?.[1] ?? ''
  return { status: answer.statusCode ?? 0, code, headers: answer.headers }
}

function strange({ status, code }: Heard): string {
  if (code === 'https_required')
    return `The proxy says of itself that it speaks HTTP: X-Forwarded-Proto must be https, ${SEE}`
  if (status >= 502 && status <= 504)
    return `The proxy finds no server (HTTP ${status}): it must lead to WZ_HOST, WZ_PORT`
  return `Something else answers there (HTTP ${status} ${code}): where do its name and the proxy lead? ${SEE}`
}

function wayFaults(came: (way: Way) => number, proxied: boolean): string[] {
  if (came('proxy') + came('unknown_proxy') + came('direct') < TIMES)
    return ['Another Wartezimmer answers there, not this one: where do its name and the proxy lead?']
  return [
    ...(came('unknown_proxy') > 0
      ? ['The proxy is not trusted, so its address is taken for everybody’s: name it in WZ_TRUSTED_PROXIES']
      : []),
    ...(proxied && came('direct') > 0 ? [`The proxy does not say who asks: it must set X-Forwarded-For, ${SEE}`] : []),
  ]
}

async function forgedFaults(publicUrl: string): Promise<string[]> {
  const { code } = await hear(publicUrl, { 'x-forwarded-proto': 'http' })
  return code === 'https_required'
    ? [`The proxy hands on what clients claim: it must set X-Forwarded-Proto itself, ${SEE}`]
    : []
}

/** Opens a WebSocket and lets go of it. */
async function upgradeFaults(publicUrl: string): Promise<string[]> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': SUBPROTOCOL },
    origin: new URL(publicUrl).origin,
  }
  const options = { headers, rejectUnauthorized: false, signal: AbortSignal.timeout(PATIENCE), agent: false } as const
  const answer = await ask(`${publicUrl}/v1/signal`, options)
  answer.destroy()
  return answer.statusCode === 101
    ? []
    : [`WebSockets do not come through (HTTP ${answer.statusCode}): the proxy must hand on upgrades, ${SEE}`]
}

/** Over plain HTTP there is nobody, or somebody who leads to HTTPS. */
async function plainFaults(hostname: string): Promise<string[]> {
  const answer = await ask(`http://${hostname}/praxis`, { signal: AbortSignal.timeout(PATIENCE) }).catch(
    () => undefined,
  )
  answer?.destroy()
  const leads = answer?.headers.location?.startsWith('https:') ?? false
  return answer === undefined || leads
    ? []
    : [`Port 80 answers with HTTP ${answer.statusCode}: it must lead to https, ${SEE}`]
}

/** What stands in front has a clock, too, where it is another machine. */
function clockOf({ headers: { date } }: Heard): Finding[] {
  const apart = date === undefined ? 0 : Math.round(Math.abs(Date.now() - Date.parse(date)) / 1000)
  if (apart <= CLOCK) return []
  return [
    findingsAbout('clock').wrong(
      `It is ${apart} s apart from that of whatever answers at the public address: see to NTP`,
    ),
  ]
}
