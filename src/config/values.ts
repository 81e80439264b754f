/** How the text of a variable becomes a value. Each reader throws a string that completes “NAME must be …”. */
import { isIP } from 'node:net'
import { isSecret } from './secret-file.ts'

export type Read<Value> = (text: string) => Value

/** A row of a table of settings. */
export type Setting<Value> = {
  /** As it would be written; without one, the value may be missing. */
  default?: string
  unit?: string
  meaning: string
  /** May also be given as NAME_FILE, the path of a file that holds it. */
  secret?: true
  read: Read<Value>
}

/** The environment variable of a setting: WZ_TURN_SECRET is that of `turnSecret`. */
export const variableOf = (key: string): string => `WZ_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

export const text: Read<string> = (value) => value

export const integer =
  (min: number, max: number): Read<number> =>
  (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < min || number > max) throw `a whole number from ${min} to ${max}`
    return number
  }

export const oneOf =
  <const Values extends readonly string[]>(...values: Values): Read<Values[number]> =>
  (value) => {
    if (!values.includes(value)) throw `one of ${values.join(', ')}`
    return value
  }

export const list =
  <Value>(read: Read<Value>): Read<Value[]> =>
  (value) =>
    value
      .split(/[,\n]/)
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(read)

export const origin: Read<string> = (value) => {
  if (value.includes('*') || !URL.canParse(value) || new URL(value).origin !== value)
    throw 'a list of origins such as https://praxis.example'
  return value
}

export const webAddress: Read<string> = (value) => {
  if (!/^https?:\/\/[^?#]+$/.test(value) || !URL.canParse(value)) throw 'an http or https address without ? and #'
  return value.replace(/\/+$/, '')
}

/** Whether browsers give camera and microphone to a page there: over https, or on this very machine. */
export const givesCamera = (url: string): boolean =>
  /^(https:|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$))/.test(url)

/** An address that people follow. */
export const link: Read<string> = (value) => {
  if (!/^https?:\/\/\S+$/.test(value) || !URL.canParse(value)) throw 'an http or https address'
  return new URL(value).href
}

/** One line that people read. */
export const shortText: Read<string> = (value) => {
  if (value.trim() === '' || value.length > 80 || /\p{Cc}/u.test(value)) throw 'one line of at most 80 characters'
  return value.trim()
}

/** Where no other is set. Need not be looked up, which loads all that the computer knows of languages: 35 ms, 8 MB. */
export const TIME_ZONE = 'Europe/Berlin'

/** A place, or UTC: an offset is no zone, and an abbreviation such as EST is Panama's to the computer. */
export const timeZone: Read<string> = (value) => {
  try {
    if (!/\/|^UTC$/.test(value)) throw value
    if (value !== TIME_ZONE) new Intl.DateTimeFormat('en', { timeZone: value })
    return value
  } catch {
    throw 'a time zone of the IANA list such as Europe/Berlin, or UTC'
  }
}

export const network: Read<string> = (value) => {
  const [address = '', bits, more] = value.split('/')
  const size = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  const fits = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= size)
  if (size < 0 || !fits || more !== undefined) throw 'a list of addresses or CIDR networks'
  return value
}

/** As RFC 7064 and 7065 write them; a page cannot open any connection with one that is not. */
export const iceUrl =
  (scheme: 'stun' | 'turn'): Read<string> =>
  (value) => {
    const [, host, port = '1', transport] =
      /^\w+:([\w.-]+|\[[\da-f:.]+\])(?::(\d+))?(\?transport=(?:udp|tcp))?$/i.exec(value) ?? []
    const known = value.startsWith(`${scheme}:`) || value.startsWith(`${scheme}s:`)
    const fits = Number(port) >= 1 && Number(port) <= 65535 && (scheme === 'turn' || transport === undefined)
    if (!host || !known || !fits) throw `a list of addresses such as ${scheme}:${scheme}.praxis.example:3478`
    return value
  }

/** Long enough, and not something that was meant to be replaced. */
export const secret: Read<string> = (value) => {
  if (value.length < 32 || /\s/.test(value)) throw 'at least 32 characters without spaces'
  if (/change.?me|replace|placeholder|example|passwor[dt]|secret|geheim|your.?token/i.test(value)) {
    throw 'a secret of your own, not a placeholder'
  }
  if (new Set(value).size < 10) throw 'random: openssl rand -base64 32'
  return value
}

export const secretPath: Read<string> = (path) => {
  if (!isSecret(path)) throw `a file that others may not read: chmod 600 ${path}`
  return path
}

export const admin: Read<{ name: string; token: string }> = (value) => {
  const [, name, token] = /^([A-Za-z0-9_-]{1,32}):(.+)$/.exec(value) ?? []
  if (name === undefined || token === undefined) throw 'a list of name:token'
  return { name, token: secret(token) }
}
