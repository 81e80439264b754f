/** The container's health check: asks the server on this machine whether it lives. Exits with 0 or 1. */
import { ask, localUrl } from './commands/server.ts'
import { readConfig } from './config/config.ts'

// The certificate is for another name, and nothing secret is said.
const options = { rejectUnauthorized: false, signal: AbortSignal.timeout(4_000) }

ask(`${localUrl(readConfig(process.env))}/healthz`, options).then(
  ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1),
  () => process.exit(1),
)
