/** The container's health check: asks the server on this machine whether it lives. Exits with 0 or 1. */
import http from 'node:http'
import https from 'node:https'
import { readConfig } from './config/config.ts'

const { host, port, tlsCert } = readConfig(process.env)
// It listens on all addresses, or on one. The certificate is for another name, and nothing secret is said.
const options = { host: /^(0\.0\.0\.0|::)$/.test(host) ? 'localhost' : host, port, path: '/healthz', timeout: 4_000 }
const request = tlsCert ? https.get({ ...options, rejectUnauthorized: false }) : http.get(options)

request
  .on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
