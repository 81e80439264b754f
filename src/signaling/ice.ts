/** ICE servers for admitted peers, with TURN credentials that expire (coturn's REST API scheme). */
import { createHmac } from 'node:crypto'
import type { Ice } from '../protocol/messages.ts'

export type IceSettings = {
  stunUrls: readonly string[]
  turnUrls: readonly string[]
  turnSecret: string | undefined
  turnTtlSeconds: number
  icePolicy: Ice['policy']
}

/**
 * The ICE servers for one peer. By default there are none: browsers then use their own addresses only.
 *
 * The user name is `<expiry, epoch s>:<peer>`, where the peer is a random id and says nothing of a
 * person; the credential is base64(HMAC-SHA1(secret, user name)), see draft-uberti-behave-turn-rest-00.
 */
export function iceFor(settings: IceSettings, peer: string, now: number): Ice {
  const servers: Ice['servers'] = []
  if (settings.stunUrls.length > 0) servers.push({ urls: [...settings.stunUrls] })
  if (settings.turnUrls.length > 0 && settings.turnSecret !== undefined) {
    const username = `${Math.floor(now / 1000) + settings.turnTtlSeconds}:${peer}`
    const credential = createHmac('sha1', settings.turnSecret).update(username).digest('base64')
    servers.push({ urls: [...settings.turnUrls], username, credential })
  }
  return { servers, policy: settings.icePolicy }
}
