/** The container's health check: asks the server on this machine whether it lives. Exits with 0 or 1. */
import { ask, localUrl } from './commands/server.ts'
import { readSettings } from './config/config.ts'

// The certificate is for another name, and nothing secret is said.
const options = { rejectUnauthorized: false, signal: AbortSignal.timeout(4_000) }

// Nothing else of the configuration: a fault in what is read again later does not mean that the server is dead.
const url = localUrl(readSettings(process.env, 'host', 'port', 'tlsCertFile'))

ask(`${url}/healthz`, options).then(
  ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1),
  () => process.exit(1),
)
