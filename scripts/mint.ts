/** Mints dial-in codes from the command line, by the REST API; prints codes, links and the patient's letter. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Role } from '../src/protocol/messages.ts'

const USAGE = `Usage: npm run mint -- [options]

  --roles host,guest   one code for each; default: guest
  --room NAME          default: a random room
  --from, --until T    the window: 2026-12-01T10:00 (local time) or with a zone, 2026-12-01T10:00+01:00
                       default: from now, for 24 hours
  --reference TEXT     the practice's own pseudonymous id for the appointment
  --guests N           how many guests may be admitted at once, 1 to 8; default: 1
  --letter             also print the instructions for the patient's e-mail, in German
  --json               print the server's answer as it is
  --url URL            the server; default: http://localhost:8080 (or WZ_PORT)
  --token-file FILE    holds the admin token; default: admin-token in WZ_DATA_DIR (./data), which the
                       server's first start makes
`

type Minted = {
  room: string
  codes: { role: Role; code: string; link: string; notBefore: number; expiresAt: number }[]
}

/** Something the person at the command line can mend; the message says it in one line. */
class Mistake extends Error {}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  roles: text,
  room: text,
  from: text,
  until: text,
  reference: text,
  guests: text,
  letter: flag,
  json: flag,
  url: text,
  'token-file': text,
  help: flag,
}

function readOptions() {
  try {
    return parseArgs({ options }).values
  } catch (fault) {
    throw new Mistake(`${(fault as Error).message} See --help.`)
  }
}

/** Without a zone, a time is local; so is a day without a time, which Date would take for UTC. */
function readTime(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const time = /^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00` : given
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? Date.parse(time) : Number.NaN
  if (Number.isNaN(instant)) throw new Mistake(`--${name}: ${given} is no time such as 2026-12-01T10:00`)
  return instant
}

function readToken(tokenFile: string | undefined, env: NodeJS.ProcessEnv): string {
  const file = tokenFile ?? join(env.WZ_DATA_DIR ?? 'data', 'admin-token')
  if (!existsSync(file)) throw new Mistake(`No admin token: there is no file ${file}. See --help.`)
  return readFileSync(file, 'utf8').trim()
}

async function mint(url: string, token: string, body: object): Promise<Minted> {
  let response: Response
  try {
    response = await fetch(`${url.replace(/\/+$/, '')}/v1/codes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    })
  } catch (fault) {
    const { message, cause } = fault as Error & { cause?: { code?: string } }
    throw new Mistake(`No answer from ${url}: ${cause?.code ?? message}. Does the server run?`)
  }
  const answer = await response.json().catch(() => undefined)
  if (response.status === 201 && answer) return answer
  const { code = `HTTP ${response.status}`, title = 'this is no Wartezimmer server', detail } = answer ?? {}
  throw new Mistake(`Refused (${code}): ${detail ?? title}`)
}

/** What the practice sends to a patient. The time is the one on the clock on a German wall. */
function letter({ code, link, notBefore, expiresAt }: Minted['codes'][number]): string {
  const format = new Intl.DateTimeFormat('de-DE', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'Europe/Berlin',
  })
  const when = (instant: number) => `${format.format(instant)} Uhr`
  return `Ihre Videosprechstunde

Guten Tag,

für Ihren Termin bei uns brauchen Sie nur einen Browser und diesen Einwahlcode.

  Adresse:  ${link.split('#', 1)[0]}
  Code:     ${code}
  Gültig:   ${when(notBefore)}
      bis   ${when(expiresAt)} (deutsche Zeit)

Oder direkt, der Code ist dann schon eingetragen:
  ${link}

So geht es:
  1. Öffnen Sie die Adresse einige Minuten vor dem Termin. Es ist nichts zu installieren, und Sie
     brauchen kein Benutzerkonto.
  2. Geben Sie den Code und Ihren Namen ein. Groß- und Kleinschreibung, Leerzeichen und Bindestriche
     spielen beim Code keine Rolle.
  3. Erlauben Sie dem Browser, Kamera und Mikrofon zu benutzen, wenn er danach fragt.
  4. Sie sind nun im virtuellen Wartezimmer. Bleiben Sie einfach auf der Seite: Wir holen Sie herein.
     Andere Wartende sehen Sie nicht, und Sie werden von ihnen nicht gesehen.
  5. Zum Schluss legen Sie auf und schließen die Seite. Bricht die Verbindung ab, öffnen Sie die
     Adresse noch einmal; derselbe Code gilt weiter.

Das brauchen Sie: einen Computer, ein Tablet oder ein Telefon mit Kamera und Mikrofon, eine stabile
Internetverbindung und eine aktuelle Fassung von Firefox, Chrome, Edge oder Safari.

Zum Datenschutz:
  - Bild und Ton sind Ende-zu-Ende verschlüsselt. Der Server vermittelt nur die Verbindung; er kann
    das Gespräch weder sehen noch hören und zeichnet nichts davon auf.
  - Ihr Name wird nur dem Behandlungsteam gezeigt und nicht gespeichert. Technische Angaben zum Termin
    (zum Beispiel Beginn und Dauer) werden spätestens nach drei Monaten gelöscht.
  - Suchen Sie sich einen ruhigen, geschlossenen Raum, in dem Sie ungestört sind. Sagen Sie uns am
    Anfang, wenn noch jemand bei Ihnen ist.
  - Aufnahmen jeder Art, auch Fotos vom Bildschirm, sind beiden Seiten nicht erlaubt.
  - Der Code ist nur für Sie. Bitte geben Sie ihn nicht weiter.
`
}

async function main(): Promise<void> {
  const { from, until, roles, guests, room, reference, ...given } = readOptions()
  if (given.help) return void process.stdout.write(USAGE)
  const minted = await mint(
    given.url ?? `http://localhost:${process.env.WZ_PORT || 8080}`,
    readToken(given['token-file'], process.env),
    {
      room,
      reference,
      roles: roles?.split(',').map((role) => role.trim()),
      notBefore: readTime('from', from),
      expiresAt: readTime('until', until),
      guests: guests === undefined ? undefined : Number(guests),
    },
  )
  if (given.json) return void process.stdout.write(`${JSON.stringify(minted, null, 2)}\n`)
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const when = (instant: number) => new Date(instant).toLocaleString('sv-SE').slice(0, 16)
  console.log(`room ${minted.room}`)
  for (const code of minted.codes) {
    console.log(`\n${code.role}  ${code.code}\n  ${code.link}`)
    console.log(`  ${when(code.notBefore)} to ${when(code.expiresAt)} (${timeZone})`)
    if (given.letter && code.role === 'guest') console.log(`\n${'-'.repeat(72)}\n${letter(code)}${'-'.repeat(72)}`)
  }
}

main().catch((fault) => {
  console.error(fault instanceof Mistake ? fault.message : fault)
  process.exitCode = 1
})
