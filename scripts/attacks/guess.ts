/** Guessing codes: right in form, so that each is looked for, from as many sources as a guesser can have. */
import { randomBytes } from 'node:crypto'
import { makeCode } from '../../src/protocol/dial-code.ts'
import { type Attack, count, hurry, limit, type Outcome, type Target } from './attack.ts'
import { ANSWERED, addresses, ask, hello, outcome, pick } from './raw.ts'

/** Two minutes' worth may be tried at once. */
const BURST_MINUTES = 2

export async function guess(
  { port, counts }: Target,
  from: string,
  headers?: Readonly<Record<string, string>>,
): Promise<void> {
  const code = makeCode(randomBytes(8))
  count(counts, 'guesses')
  count(counts, outcome(await ask(port, from, hello({ type: 'join', code, name: 'Rater' }, headers), ANSWERED)))
}

function judge({ seconds, met, counts }: Outcome): string[] {
  const allowed = limit('wrongCodesPerMinute') * (BURST_MINUTES + (seconds + 2) / 60)
  const evaluated = met.code_unknown ?? 0
  return [
    ...(evaluated > allowed ? [`${evaluated} guesses were looked at, ${allowed} are allowed`] : []),
    // A machine that is not quick enough to try more has shown nothing.
    ...((counts.guesses ?? 0) > allowed && (counts.throttled ?? 0) === 0 ? ['no guess was throttled'] : []),
  ]
}

const NEAR = addresses(4, 250)
const hex = () => randomBytes(2).toString('hex')

export const guesses: readonly Attack[] = [
  {
    name: 'guess',
    thrown: 'guesses',
    run: (target) => hurry(target.seconds, 50, () => guess(target, pick(NEAR))),
    judge,
  },
  {
    name: 'guess-ipv6',
    thrown: 'guesses',
    // A /48, which tunnel brokers give away, has 65,536 networks of the size of a household's.
    settings: { WZ_TRUSTED_PROXIES: '127.0.0.1' },
    run: (target) =>
      hurry(target.seconds, 50, () => guess(target, '127.0.0.1', { 'X-Forwarded-For': `2001:db8:1:${hex()}::1` })),
    judge,
  },
]
