/** How many connections this process may hold: each needs a file descriptor. */
import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { OTHER_SOCKETS } from '../http/server.ts'

/** Files and pipes that this process has open beside its sockets, generously. */
const OTHER_FILES = 50

/**
 * As many connections as are configured, or fewer where this process may not open so many files (Linux).
 * What is accepted must be served: without a descriptor left, not even the database could be written.
 */
export function withinDescriptors(config: Config, limits = readLimits()): Config {
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return { ...config, connections: Math.max(1, Math.min(config.connections, files - OTHER_SOCKETS - OTHER_FILES)) }
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
