/** The process: environment, clock, signals. Everything else is put together in app.ts. */
import './process/node-version.ts'
import { onHangUp, onStop } from './process/signals.ts'
import './process/no-inspector.ts'
import './process/small-heap.ts'

import type { AddressInfo } from 'node:net'
import { type Admin, allRights } from './config/admins.ts'
import { digestOf, readAdmins } from './config/admins-file.ts'
import { type Config, readConfig, readSettings } from './config/config.ts'
import { StartupError } from './config/startup-error.ts'
import { renewCertificate } from './http/tls.ts'
import { createLog } from './observability/log.ts'
import { openOutput } from './observability/output.ts'
import { every, wallClock } from './process/clock.ts'
import { withinDescriptors } from './process/descriptors.ts'
import { keepAdminToken } from './record/folder.ts'
import { openRecord } from './record/record.ts'
import { keepAdmins } from './rest/admins.ts'

/** How long a stop may take; what is not closed by then is cut off. */
const STOP_WITHIN = 8_000

try {
  await start(readConfig(process.env))
} catch (fault) {
  for (const line of explain(fault)) console.error(line)
  process.exit(1)
}

async function start(given: Config): Promise<void> {
  const output = openOutput()
  const log = createLog(given.logLevel, output)
  const config = withinDescriptors(given)
  if (config.connections < given.connections) log({ event: 'few_descriptors', connections: config.connections })
  const timers = { soon: setImmediate, after: (ms: number, task: () => void) => void setTimeout(task, ms) }
  const clock = wallClock()
  // Its threads open their files while the rest of the program is loaded.
  const [record, { createApp }] = await Promise.all([openRecord(config), import('./app.ts')])
  // The folder is held by now, so that no other process makes another token there.
  const admins = keepAdmins(config.adminTokens || config.adminsFile ? readAdmins(config) : [firstAdmin(config)])
  const parts = { config, admins, record, log, logLinesLost: output.lost, clock, every, timers }
  const app = await createApp(parts)

  let stopping = false
  onHangUp(() => {
    if (stopping) return
    try {
      if (renewCertificate(app.server, config)) log({ event: 'certificate_read' })
    } catch (error) {
      log({ event: 'failed', where: 'certificate', error })
    }
    try {
      const { turnSecret } = readSettings(process.env, 'turnSecret')
      if (turnSecret !== config.turnSecret) {
        // Who is admitted already gets credentials by it when theirs are renewed.
        config.turnSecret = turnSecret
        log({ event: 'turn_secret_read' })
      }
    } catch (error) {
      log({ event: 'failed', where: 'turn_secret', error })
    }
    if (config.adminTokens === undefined && config.adminsFile === undefined) return
    try {
      admins.replace(readAdmins({ ...config, ...readSettings(process.env, 'adminTokens') }))
    } catch (error) {
      if (error instanceof StartupError) return log({ event: 'admins_refused', faults: error.faults })
      return log({ event: 'failed', where: 'admins', error })
    }
    log({ event: 'admins_read', ...admins.count() })
    // A token that was taken away opens nothing any more, also where the disk refuses the line.
    record.noteAdmins(clock.now()).catch((error) => log({ event: 'failed', where: 'record', error }))
  })
  process.on('uncaughtException', (error) => {
    log({ event: 'failed', where: 'process', error })
    process.exit(1)
  })

  await app.listen({ host: config.host, port: config.port, backlog: 4096, listenTextResolver: () => '' })
  const { address, port } = app.server.address() as AddressInfo
  log({ event: 'listening', address, port })
  onStop(async (signal) => {
    if (stopping) process.exit(1)
    stopping = true
    log({ event: 'stopping', signal })
    setTimeout(() => process.exit(1), STOP_WITHIN).unref()
    await app.close()
    await record.close()
    log({ event: 'stopped' })
    process.exit(0)
  })
}

/** Where nobody else is named. */
function firstAdmin({ dataDir }: Config): Admin {
  return { name: 'admin', tokenSha256: digestOf(keepAdminToken(dataDir)), rights: allRights }
}

/** Faults of the operator's making are told in a line each; of our own, with the stack. */
function explain(fault: unknown): string[] {
  if (fault instanceof StartupError) return [...fault.faults]
  const { code = '', syscall, message, stack } = fault as NodeJS.ErrnoException
  if (code.startsWith('SQLITE_')) return [`The data folder (WZ_DATA_DIR) cannot be used: ${message}`]
  if (syscall === 'listen' || syscall === 'getaddrinfo') return [`WZ_HOST, WZ_PORT: ${message}`]
  return [stack ?? message]
}
