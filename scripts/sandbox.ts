/**
 * A server on this machine with robots in it, for whoever writes a frontend and has nobody to talk to.
 *
 *     npm run sandbox -- [--port 8080]
 *
 * Its codes are the same each time, so it is a program beside the server and no mode of it: it has a data folder of its
 * own, which goes with it, and listens to this machine alone. Other settings (WZ_ALLOWED_ORIGINS …) hold as they are.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatCode, makeCode } from '../src/protocol/dial-code.ts'
import type { Role } from '../src/protocol/messages.ts'
import { hashCode, openCodes } from '../src/record/codes.ts'
import { openFile } from '../src/record/database.ts'
import { openRecord } from '../src/record/record.ts'
import { codeCap, DAY } from '../src/record/window.ts'
import { behaviours, isOver } from './robot/behaviour.ts'
import { startRobot } from './robot/robot.ts'
import { newFolder, spawnServer } from './support/server.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } })

type Place = { room: string; role: Role; symbols: string }

const hosts = Object.entries(behaviours).map(([what, behave], index) => ({ what, behave, number: index + 1 }))
/** Where you come in. The codes of guests are made of one digit each, and so are easily typed. */
const places: Place[] = [
  ...hosts.map(({ number }) => ({
    ...{ room: `robot-${number}`, role: 'guest' as const, symbols: makeCode(new Uint8Array(8).fill(number)) },
  })),
  { room: 'robot-0', role: 'host', symbols: makeCode(new Uint8Array(15).fill(7)) },
]

/** Writes the codes into a new record, as nobody else could: minting makes random ones. */
async function writeCodes(dataDir: string): Promise<void> {
  const sweepMinutes = 60
  await (await openRecord({ dataDir, retentionDays: 1, sweepMinutes })).close()
  const codeKey = readFileSync(join(dataDir, 'code.key'), 'utf8').trim()
  const db = openFile(join(dataDir, 'wartezimmer.db'), { exclusive: false })
  const codes = openCodes(db, codeCap(sweepMinutes))
  const now = Date.now()
  const window = { notBefore: now - DAY, expiresAt: now + 30 * DAY, createdAt: now }
  const rest = { reference: null, guests: 4, mint: null, request: null, salt: null }
  for (const [index, { room, role, symbols }] of places.entries()) {
    const id = `00000000-0000-7000-8000-00000000000${index}`
    codes.add({ id, room, role, hash: hashCode(codeKey, symbols), ...window, ...rest })
  }
  db.close()
}

const dataDir = newFolder()
await writeCodes(dataDir)
const given = Object.entries(process.env).filter(([name]) => name.startsWith('WZ_'))
const server = await spawnServer({
  dataDir,
  env: { ...Object.fromEntries(given), WZ_HOST: '127.0.0.1', WZ_PORT: values.port },
})

/** A robot with a new code, and another one when that one's time is over. */
async function keepRobot(
  room: string,
  role: Role,
  name: string,
  behave: (robot: ReturnType<typeof startRobot>) => void,
) {
  const { codes } = await server.mint({ room, roles: [role], expiresAt: Date.now() + 30 * DAY, guests: 4 })
  const begin = () => {
    const robot = startRobot(`${server.url.replace('http', 'ws')}/v1/signal`, codes[0] ?? '', name)
    behave(robot)
    const stopListening = robot.listen((client) => {
      if (!isOver(client)) return
      stopListening()
      robot.stop()
      setTimeout(begin, 2_000)
    })
  }
  begin()
}

for (const { behave, number } of hosts) await keepRobot(`robot-${number}`, 'host', `Praxis ${number}`, behave)
await keepRobot('robot-0', 'guest', 'Anna Beispiel', () => {})

console.log(`The sandbox listens at ${server.url}, for REST with the admin token ${server.token}`)
for (const { what, number } of hosts) {
  const code = formatCode(places[number - 1]?.symbols ?? '')
  console.log(`  ${code}  as a guest: the practice ${what}: ${server.url}/#${code}`)
}
const practice = formatCode(places.at(-1)?.symbols ?? '')
console.log(`  ${practice}  as the practice: a guest waits, and answers calls: ${server.url}/praxis#${practice}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await server.stop()
    process.exit()
  })
}
