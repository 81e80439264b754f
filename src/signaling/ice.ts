/** ICE servers for admitted peers, with TURN credentials that expire (coturn's REST API scheme). */
import { createHmac } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { Ice } from '../protocol/messages.ts'

export type IceSettings = Pick<Config, 'stunUrls' | 'turnUrls' | 'turnSecret' | 'turnTtlSeconds' | 'icePolicy'>

/**
 * The ICE servers for one peer. By default there are none: browsers then use their own addresses only.
 *
 * The user name is `<expiry, epoch s>:<user>`, the credential base64(HMAC-SHA1(secret, user name)), see
 * draft-uberti-behave-turn-rest-00. The user stands for the peer, so that a TURN server can count what
 * one peer uses; but a TURN server sees addresses, and who has its log and our database shall not find
 * the seat to an address. So it is not the peer's id, nor can be had from it without the secret.
 */
export function iceFor(settings: IceSettings, peer: string, now: number): Ice {
  const servers: Ice['servers'] = []
  if (settings.stunUrls.length > 0) servers.push({ urls: [...settings.stunUrls] })
  if (settings.turnUrls.length > 0 && settings.turnSecret !== undefined) {
    const user = createHmac('sha256', settings.turnSecret).update(peer).digest('base64url').slice(0, 16)
    const username = `${Math.floor(now / 1000) + settings.turnTtlSeconds}:${user}`
    const credential = createHmac('sha1', settings.turnSecret).update(username).digest('base64')
    servers.push({ urls: [...settings.turnUrls], username, credential })
  }
  return { servers, policy: settings.icePolicy }
}
