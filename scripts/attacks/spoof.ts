/** A client that claims to be a proxy, for somebody else with every connection: it must change nothing. */
import { randomBytes } from 'node:crypto'
import { type Attack, count, hurry, limit } from './attack.ts'
import { flood } from './flood.ts'
import { guess } from './guess.ts'
import { ask, head, openUpgrade, pick } from './raw.ts'

const byte = () => randomBytes(1)[0] ?? 0

/** All that proxies say of whom they speak for. */
function claims(): Record<string, string> {
  const address = `203.0.${byte()}.${byte()}`
  return {
    'X-Forwarded-For': pick([address, `${address}, 127.0.0.1`, `2001:db8:${byte()}::1`, '127.0.0.1', 'x']),
    'X-Real-IP': address,
    Forwarded: `for=${address};proto=https;host=evil.example`,
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.example',
    Via: '1.1 evil.example',
  }
}

const LIAR = '127.0.10.1'
const HOLDER = '127.0.10.2'
const ASKER = '127.0.10.3'

export const spoof: Attack = {
  name: 'spoof',
  thrown: 'guesses',
  async run(target) {
    const { port, counts, seconds } = target
    // With the host that it claims, its origin would be the same; and who says `http` is believed.
    const refused = async () => {
      const [origin, scheme, request] = await Promise.all([
        ask(port, '127.0.10.4', `${openUpgrade({ ...claims(), Origin: 'https://evil.example' })}\r\n`),
        ask(port, '127.0.10.4', `${openUpgrade({ ...claims(), 'X-Forwarded-Proto': 'http' })}\r\n`),
        ask(port, ASKER, `${head('GET /v1/codes', { ...claims(), Connection: 'close' })}\r\n`),
      ])
      count(counts, /origin_forbidden/.test(origin) || / 429 /.test(origin) ? 'origin refused' : 'origin let in')
      count(counts, /https_required/.test(scheme) || / 429 /.test(scheme) ? 'http refused' : 'http let in')
      count(counts, / 401 /.test(request) ? 'asked' : 'not asked')
    }
    await Promise.all([
      hurry(seconds, 20, () => guess(target, LIAR, claims())),
      flood({ ...target }, [HOLDER], claims),
      hurry(seconds, 10, refused),
    ])
  },
  judge: ({ counts, seconds }) => {
    const allowed = {
      // And one more after 1, 2, 4 … seconds.
      code_unknown: limit('wrongCodesPerAddress') + 1 + Math.log2(seconds + 2),
      most: limit('connectionsPerAddress'),
      asked: limit('requestsPerMinute') * (1 + (seconds + 2) / 60),
    }
    return [
      ...Object.entries(allowed).flatMap(([what, most]) =>
        (counts[what] ?? 0) > most ? [`${what}: ${counts[what]}, where one address has ${Math.floor(most)}`] : [],
      ),
      ...(counts['origin let in'] ? ['an origin was let in by a header'] : []),
      ...(counts['http let in'] ? ['plain HTTP was let in'] : []),
    ]
  },
}
