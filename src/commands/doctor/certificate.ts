/** Whether browsers will trust a certificate, and for how long yet. */
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { type Finding, findingsAbout, reasonOf } from './finding.ts'

const DAY = 86_400_000
/** Those of Let's Encrypt are renewed with 30 days left: with so few, something has failed for long. */
const ENOUGH_DAYS = 14
const PATIENCE = 5_000

/** Shakes hands and looks at what is shown. */
export async function checkCertificate(host: string, port: number): Promise<Finding[]> {
  const { ok, wrong } = findingsAbout(`certificate of ${host}:${port}`)
  try {
    const socket = await shakeHands(host, port)
    const { valid_to } = socket.getPeerCertificate()
    const problem = socket.authorizationError
    socket.destroy()
    const days = Math.floor((Date.parse(valid_to) - Date.now()) / DAY)
    // By now the reason, which the types do not know, is an error's code or the error itself.
    if (problem) return [wrong(`Browsers refuse it (${reasonOf(problem)}): get one from an authority, with its chain`)]
    if (days < ENOUGH_DAYS) return [wrong(`${days} days left: renew it, and see why that does not happen by itself`)]
    return [ok(`${days} days left`)]
  } catch (fault) {
    return [wrong(`No TLS there (${reasonOf(fault)}): does whatever speaks HTTPS run?`)]
  }
}

/** What is shown at an address, whatever it is worth. */
export function shakeHands(host: string, port: number): Promise<TLSSocket> {
  const name = host.replace(/^\[|\]$/g, '')
  const servername = isIP(name) ? '' : name
  return new Promise((resolve, reject) => {
    const socket = connect({ host: name, port, servername, rejectUnauthorized: false, timeout: PATIENCE })
    socket.once('secureConnect', () => resolve(socket)).on('error', reject)
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
  })
}
