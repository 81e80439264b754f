/** The container's health check: asks the server on this machine whether it lives. Exits with 0 or 1. */
import http from 'node:http'
import https from 'node:https'
import { localUrl } from './commands/server.ts'
import { readConfig } from './config/config.ts'

const config = readConfig(process.env)
const url = `${localUrl(config)}/healthz`
// The certificate is for another name, and nothing secret is said.
const request = config.tlsCertFile
  ? https.get(url, { timeout: 4_000, rejectUnauthorized: false })
  : http.get(url, { timeout: 4_000 })

request
  .on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
