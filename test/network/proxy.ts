/** The proxies of src/docs/proxies.md as processes, each with the very configuration that stands there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signItself } from './certificate.ts'

/** As in the document, so that it need not be replaced. */
export const DOMAIN = 'video.praxis.example'

type Proxy = {
  /** The language of its block in the document. */
  block: string
  /** What is replaced in it, and by what: certificate, paths of files, and the practice's network. */
  replace: (folder: string) => [string, string][]
  command: (config: string, folder: string) => [string, ...string[]]
  /** What makes it talk: shows that the search for addresses finds some where they are. */
  loud: [string, string]
  /** What it answers while there is no server. */
  down: number
}

export const PROXIES: Record<string, Proxy> = {
  caddy: {
    block: 'caddyfile',
    replace: (folder) => [[`${DOMAIN} {`, `${DOMAIN} {\n\ttls ${folder}/cert.pem ${folder}/key.pem`]],
    command: (config) => ['caddy', 'run', '--config', config, '--adapter', 'caddyfile'],
    loud: ['exclude http', ''],
    down: 502,
  },
  nginx: {
    block: 'nginx',
    replace: (folder) => [
      [`/etc/letsencrypt/live/${DOMAIN}/fullchain.pem`, `${folder}/cert.pem`],
      [`/etc/letsencrypt/live/${DOMAIN}/privkey.pem`, `${folder}/key.pem`],
      ['/run/nginx.pid', `${folder}/nginx.pid`],
      ['/var/log/nginx', folder],
    ],
    command: (config, folder) => ['nginx', '-c', config, '-e', `${folder}/start.log`, '-g', 'daemon off;'],
    loud: ['error.log emerg;', 'error.log;'],
    down: 502,
  },
  haproxy: {
    block: 'haproxy',
    replace: (folder) => [[`/etc/haproxy/${DOMAIN}.pem`, `${folder}/both.pem`]],
    command: (config) => ['haproxy', '-db', '-f', config],
    loud: ['mode http', 'mode http\n\tlog stdout format raw local0'],
    down: 503,
  },
}

const DOCUMENT = readFileSync(new URL('../../src/docs/proxies.md', import.meta.url), 'utf8')

/** The one block of a language in the document. */
export function blockOf(language: string): string {
  const [block, ...more] = [...DOCUMENT.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((match) => match[1] === language)
  if (block?.[2] === undefined || more.length > 0) throw new Error(`there must be one ${language} block`)
  return block[2]
}

export type RunningProxy = Awaited<ReturnType<typeof startProxy>>

/**
 * Starts it on ports 80 and 443 of this network namespace, with a certificate of its own making.
 * @param changes to the document's configuration, beyond those that it needs here
 */
export async function startProxy({ block, replace, command }: Proxy, ...changes: [string, string][]) {
  const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-proxy-'))
  const write = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  signItself(join(folder, 'cert.pem'), join(folder, 'key.pem'), DOMAIN)
  const ca = readFileSync(join(folder, 'cert.pem'), 'utf8')
  write('both.pem', ca + readFileSync(join(folder, 'key.pem'), 'utf8'))

  let config = blockOf(block)
  for (const [from, to] of [...replace(folder), ['192.0.2.0/24', '127.0.1.0/24'] as const, ...changes]) {
    if (!config.includes(from)) throw new Error(`the configuration has no ${from}`)
    config = config.replaceAll(from, to)
  }
  const [program, ...args] = command(write('config', config), folder)
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  await Promise.race([
    listening(443),
    once(child, 'exit').then(() => Promise.reject(new Error(`${program} did not start: ${said}`))),
  ])

  return {
    ca,
    /** Ends it; returns all that it has said and written: its output, and all files but its configuration. */
    async stop(): Promise<string> {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      await ended
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((file) => file !== join(folder, 'config') && statSync(file).isFile())
      const traces = [said, ...files.map((file) => readFileSync(file, 'latin1'))].join('\n')
      rmSync(folder, { recursive: true })
      return traces
    },
  }
}

/** Resolves as soon as the port takes connections. */
async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const taken = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    if (taken) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
