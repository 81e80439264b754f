/** Whether the TURN and STUN servers that pages are told of do what they are for: a relay is asked for, and given back. */
import type { Config } from '../../config/config.ts'
import { iceFor } from '../../signaling/ice.ts'
import { checkCertificate } from './certificate.ts'
import { type Finding, findingsAbout, reasonOf } from './finding.ts'
import { type Line, openLine, parseUrl } from './line.ts'
import { type Answer, addressIn, keyOf, peerAddress } from './stun.ts'

/** Asked for: a relay for UDP. */
const UDP = Buffer.from([17, 0, 0, 0])
const NOW = Buffer.alloc(4)
/** Where clouds keep their machines' credentials: no relay has any business there. */
const METADATA = '169.254.169.254'
const INTERNAL = /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/

/** Asks all of them at once, with credentials such as an admitted peer gets. */
export async function checkIce(config: Config, now: number): Promise<Finding[]> {
  const found = [
    ...config.stunUrls.map((url) => lookAt(url, askForAddress)),
    ...config.turnUrls.map((url) => lookAt(url, (line) => askForRelay(line, config, now))),
  ]
  return (await Promise.all(found)).flat()
}

async function lookAt(url: string, examine: (line: Line) => Promise<string[]>): Promise<Finding[]> {
  const { wrong, faultsOr } = findingsAbout(url)
  const where = parseUrl(url)
  if (where.dtls) return [wrong('This is DTLS, which browsers do not speak with it: write ?transport=tcp')]
  try {
    const line = await openLine(where)
    try {
      const found = faultsOr(await examine(line), url.startsWith('turn') ? 'gives relays' : 'answers')
      return where.over === 'tls' ? [...found, ...(await checkCertificate(where.host, where.port))] : found
    } finally {
      line.close()
    }
  } catch (fault) {
    const to = `${where.over === 'udp' ? 'UDP' : 'TCP'} port ${where.port}`
    return [wrong(`It cannot be reached (${reasonOf(fault)}): does it run, and do its firewalls let in ${to}?`)]
  }
}

async function askForAddress(line: Line): Promise<string[]> {
  const { good, error } = await line.ask('binding', {})
  return good ? [] : [`It answers with error ${error}: is this a STUN server?`]
}

/** @returns what is wrong with the relays that it gives, or why it gives none */
async function askForRelay(line: Line, config: Config, now: number): Promise<string[]> {
  const { username = '', credential = '' } = iceFor(config, 'doctor', now).servers.at(-1) ?? {}
  const first = await line.ask('allocate', { transport: UDP })
  const { realm, nonce } = first.attributes
  if (first.good) return ['It gives relays to anybody: set use-auth-secret']
  if (!realm || !nonce) return [`It answers with error ${first.error}: is this a TURN server?`]
  const signed = { username: Buffer.from(username), realm, nonce }
  const key = keyOf(username, realm.toString(), credential)
  const given = await line.ask('allocate', { transport: UDP, ...signed }, key)
  if (!given.good) return [refusal(given)]
  const relay = addressIn(given.attributes.relayed ?? NOW)
  const permitted =
    relay !== undefined && (await line.ask('permit', { peer: peerAddress(METADATA), ...signed }, key)).good
  // Given back, so that nothing counts to anybody's quota.
  await line.ask('refresh', { lifetime: NOW, ...signed }, key)
  return [
    ...(permitted
      ? [`It relays to ${METADATA} and its like: deny internal networks (denied-peer-ip), see /docs/turn`]
      : []),
    ...(relay && INTERNAL.test(relay) && !INTERNAL.test(line.address)
      ? [`Its relays are at ${relay}, which nobody outside reaches: set external-ip=PUBLIC/PRIVATE`]
      : []),
  ]
}

function refusal({ error }: Answer): string {
  const refused = `It refuses the credentials (error ${error})`
  if (error === 401)
    return `${refused}: WZ_TURN_SECRET and its static-auth-secret must be the same, and both machines' clocks right`
  if (error === 486 || error === 508) return `It has no relay left (error ${error}): raise total-quota or its ports`
  return refused
}
