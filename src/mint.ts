/** The command `node dist/mint.js`: mints dial-in codes by the REST API; prints codes, links and the patient's letter. */
import './process/node-version.ts'

import { parseArgs } from 'node:util'
import { letter } from './commands/letter.ts'
import { practiceSeal, sealLink } from './commands/practice-key.ts'
import { localServer, localToken, mintCodes, readToken } from './commands/server.ts'
import { printTime, time } from './commands/times.ts'
import { readSettings } from './config/config.ts'
import { StartupError } from './config/startup-error.ts'
import { type Read, timeZone, webAddress } from './config/values.ts'

const USAGE = `Usage: npm run mint -- [options]   (in the container: node dist/mint.js [options])

  --roles host,guest   one code for each: host, guest or staff (reception); default: guest
  --room NAME          default: a random room
  --from, --until T    the window: 2026-12-01T10:00, 2026-12-01 (its midnight) or, with an offset,
                       2026-12-01T10:00+01:00; default: from now, for 24 hours
  --time-zone ZONE     of these times, where they have no offset, and of the letter; when clocks are put back,
                       the first of two equal times is meant; default: WZ_TIME_ZONE (Europe/Berlin)
  --reference TEXT     the practice's own pseudonymous id for the appointment
  --guests N           how many guests may be admitted at once, 1 to 8; default: 1
  --practice-key FILE  seals the links of guests with the practice's own key, which is made at the first use; it is
                       loaded once into the practice's page, and kept from the server: see /docs/sealing
  --letter             also print the instructions for the patient's e-mail, in German
  --json               print the server's answer as it is
  --url URL            the server; default: the one on this machine, by WZ_HOST and WZ_PORT (127.0.0.1:8080)
  --token-file FILE    holds the admin token, of an admin with the right mint; default: the first of
                       WZ_ADMIN_TOKENS, or else admin-token in WZ_DATA_DIR (./data), which the server's first start
                       makes. None is taken out of WZ_ADMINS_FILE: give the token of the practice that it is for
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  roles: text,
  room: text,
  from: text,
  until: text,
  'time-zone': text,
  reference: text,
  guests: text,
  'practice-key': text,
  letter: flag,
  json: flag,
  url: text,
  'token-file': text,
  help: flag,
}

function parse() {
  try {
    return parseArgs({ options }).values
  } catch (fault) {
    throw new StartupError(`${(fault as Error).message} See --help.`)
  }
}

/** Reads an option as settings are read; undefined where it is not given. */
function read<Value>(name: string, given: string | undefined, reader: Read<Value>): Value | undefined {
  try {
    return given === undefined ? undefined : reader(given)
  } catch (rule) {
    throw new StartupError(`--${name} must be ${rule}`)
  }
}

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const { from, until, roles, guests, room, reference, 'token-file': tokenFile, ...given } = parse()
  if (given.help) return void process.stdout.write(USAGE)
  const zone = read('time-zone', given['time-zone'], timeZone) ?? readSettings(env, 'timeZone').timeZone
  const url = read('url', given.url, webAddress)
  const file = given['practice-key']
  const practice = file === undefined ? undefined : await practiceSeal(file)
  const minted = await mintCodes(
    url === undefined ? localServer(env) : { url },
    tokenFile === undefined ? localToken(env) : readToken(tokenFile),
    {
      room,
      reference,
      roles: roles?.split(',').map((role) => role.trim()),
      notBefore: read('from', from, time(zone)),
      expiresAt: read('until', until, time(zone)),
      guests: guests === undefined ? undefined : Number(guests),
    },
  )
  for (const code of minted.codes) if (practice && code.role === 'guest') code.link = sealLink(code, practice.seal)
  if (practice?.isNew) console.error(`Made ${file}: keep it, and load it once into the page of the practice.`)
  if (given.json) return void process.stdout.write(`${JSON.stringify(minted, null, 2)}\n`)
  console.log(`room ${minted.room}`)
  for (const code of minted.codes) {
    console.log(`\n${code.role}  ${code.code}\n  ${code.link}`)
    console.log(`  ${printTime(code.notBefore, zone)} to ${printTime(code.expiresAt, zone)} (${zone})`)
    if (given.letter && code.role === 'guest')
      console.log(`\n${'-'.repeat(72)}\n${letter(code, zone, practice !== undefined)}${'-'.repeat(72)}`)
  }
}

try {
  await main(process.env)
} catch (fault) {
  if (!(fault instanceof StartupError)) throw fault
  console.error(fault.message)
  process.exitCode = 1
}
