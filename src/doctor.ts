/** The command `node dist/doctor.js`: says what is wrong with this server's surroundings, and what to do. Exits with 0 or 1. */
import './process/node-version.ts'

import { execFileSync } from 'node:child_process'
import { type Finding, findingsAbout, reasonOf } from './commands/doctor/finding.ts'
import { checkPublicUrl } from './commands/doctor/proxy.ts'
import { checkServed, checkServer } from './commands/doctor/server.ts'
import { checkIce } from './commands/doctor/turn.ts'
import { localToken } from './commands/server.ts'
import { type Config, readConfig } from './config/config.ts'
import { StartupError } from './config/startup-error.ts'
import { examineDatabase, examineFolder } from './record/examine.ts'

/** What is asked in turn. Whatever it rejects with is a finding as well. */
const EXAMINATIONS: Record<string, (config: Config) => Finding[] | Promise<Finding[]>> = {
  configuration: ({ allowHttp }) =>
    findingsAbout('configuration').faultsOr(
      allowHttp === 'on' ? ['WZ_ALLOW_HTTP is on, and names and codes may come in the clear: leave it out'] : [],
      'can be read',
    ),
  folder: (config) => findingsAbout('folder').faultsOr(examineFolder(config), config.dataDir),
  database: (config) =>
    findingsAbout('database').faultsOr(examineDatabase(config), 'whole, and the key is the right one'),
  server: checkServer,
  certificate: checkServed,
  clock: () =>
    synchronized() === false ? [findingsAbout('clock').wrong('Nothing sets it: timedatectl set-ntp true')] : [],
  'public address': (config) => checkPublicUrl(config, token()),
  TURN: (config) => checkIce(config, Date.now()),
}

/** What systemd says, where it is; a container's clock is that of the machine. */
function synchronized(): boolean | undefined {
  try {
    const args = ['show', '-p', 'NTPSynchronized', '--value']
    return execFileSync('timedatectl', args, { stdio: 'pipe', encoding: 'utf8', timeout: 5_000 }).trim() !== 'no'
  } catch {
    return undefined
  }
}

function token(): string | undefined {
  try {
    return localToken(process.env)
  } catch {
    return undefined
  }
}

async function* examine(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  let config: Config
  try {
    config = readConfig(env)
  } catch (fault) {
    if (!(fault instanceof StartupError)) throw fault
    return yield* fault.faults.map(findingsAbout('configuration').wrong)
  }
  for (const [about, look] of Object.entries(EXAMINATIONS)) {
    try {
      yield* await look(config)
    } catch (fault) {
      yield findingsAbout(about).wrong(`It could not be looked at: ${reasonOf(fault)}`)
    }
  }
}

for await (const { state, about, said } of examine(process.env)) {
  console.log(`${state.padEnd(5)}  ${about}: ${said}`)
  if (state === 'wrong') process.exitCode = 1
}
