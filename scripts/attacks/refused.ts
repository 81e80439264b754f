/** Frames that nobody can want: as large as may be, wrong in ways that take long to tell, from people without a code. */
import { type Attack, count, hurry, limit } from './attack.ts'
import { addresses, ask, openUpgrade, pick, text } from './raw.ts'

const FIELDS = Array.from({ length: 6000 }, (_, index) => `"x${index}":1`).join()
const NESTED = '['.repeat(32_000) + ']'.repeat(32_000)

/** Each of about 60 KB. */
const FRAMES = [
  `{"type":"ping",${FIELDS}}`,
  `{"type":"join",${FIELDS}}`,
  `{"data":${NESTED},"to":"a","type":"signal"}`,
  JSON.stringify({ type: 'admit', peer: `a${'\u0301'.repeat(30_000)}` }),
  JSON.stringify({ type: 'join', code: 'K7M-4XQ-9TP', name: `A${'\u0301'.repeat(15_000)}${'\u0334'.repeat(15_000)}` }),
].map(text)

/** One more than are forgiven in a minute. */
const EACH = limit('refusalsPerMinute') + 1
const FROM = addresses(11, 8)

export const refused: Attack = {
  name: 'refused-frames',
  thrown: 'frames',
  run: ({ port, seconds, counts }) =>
    hurry(seconds, FROM.length, async (worker) => {
      const frames = Array.from({ length: EACH }, () => pick(FRAMES))
      count(counts, 'frames', EACH)
      await ask(port, FROM[worker] ?? '', Buffer.concat([Buffer.from(`${openUpgrade()}\r\n`), ...frames]), /\x88.{2}/s)
    }),
  judge: ({ met }) => (met.bad_message ? [] : ['no frame was refused']),
}
