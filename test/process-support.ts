/** The compiled server in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import { tempFolder } from './record-support.ts'

export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The folder that the server runs in, with its data in `data`, and the processes that were started there. */
export type Context = { folder: string; running: ChildProcess[] }

type Exit = { code: number | null; signal: string | null; stdout: string; stderr: string }
/** A line of the log. */
type Said = { msg: string; port?: number; [field: string]: unknown }

/** Tests with a folder each; what they have started there is killed after them. */
export function processes(name: string) {
  const test = suite<Context>(name)
  test.before.each((context) => {
    Object.assign(context, { folder: tempFolder(), running: [] })
  })
  test.after.each(({ running }) => {
    for (const child of running) child.kill('SIGKILL')
  })
  return test
}

/** A flag by which Node runs this before the server. */
export const first = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`] as const

/** Starts the server in its folder, on a port that is free. Whoever made the context kills what is `running`. */
export function start({ folder, running }: Context, env: Record<string, string> = {}, flags: readonly string[] = []) {
  const child = spawn(process.execPath, [...flags, MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, WZ_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  const waiting: { msg: string; tell: (line: Said) => void }[] = []
  /** The next line of the log that says this. */
  const says = (msg: string) => new Promise<Said>((tell) => waiting.push({ msg, tell }))
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`
    const said = JSON.parse(line) as Said
    for (const one of waiting.filter(({ msg }) => msg === said.msg)) {
      waiting.splice(waiting.indexOf(one), 1)
      one.tell(said)
    }
  })
  const exit = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  /** The port, once the line that tells it has come. */
  const listening = Promise.race([
    says('listening').then(({ port = 0 }) => port),
    exit.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
  ])
  listening.catch(() => {})

  /** Asks as an admin: with the token that the server has made, or another one. A body is posted. */
  async function ask(path: string, body?: object, token?: string): Promise<Response> {
    const url = `http://127.0.0.1:${await listening}${path}`
    const known = token ?? readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
    const headers = { authorization: `Bearer ${known}`, ...(body && { 'content-type': 'application/json' }) }
    return await fetch(url, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) })
  }

  /** Mints codes, in the order of the roles. */
  async function mint(body: object = {}) {
    const answer = await ask('/v1/codes', body)
    return ((await answer.json()) as { codes: { id: string; code: string; link: string; notBefore: number }[] }).codes
  }

  /** Ends in good order. */
  async function stop(): Promise<Exit> {
    child.kill('SIGTERM')
    return await exit
  }
  return { child, exit, listening, says, ask, mint, stop }
}

/** Has it read its files again. @returns the next line of its log that says this */
export function hangUp({ says, child }: ReturnType<typeof start>, msg: string) {
  const line = says(msg)
  child.kill('SIGHUP')
  return line
}
