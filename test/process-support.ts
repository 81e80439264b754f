/** The compiled server in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The folder that the server runs in, with its data in `data`, and the processes that were started there. */
export type Context = { folder: string; running: ChildProcess[] }

type Exit = { code: number | null; signal: string | null; stdout: string; stderr: string }

/** Starts the server in its folder, on a port that is free. Whoever made the context kills what is `running`. */
export function start(context: Context, env: Record<string, string> = {}, flags: readonly string[] = []) {
  const child = spawn(process.execPath, [...flags, MAIN], {
    cwd: context.folder,
    env: { PATH: process.env.PATH, WZ_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  context.running.push(child)
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const exit = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  /** The port, once the line that tells it has come. */
  const listening = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      const line = stdout.split('\n').find((line) => line.includes('"listening"'))
      if (line) resolve((JSON.parse(line) as { port: number }).port)
    })
    exit.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)))
  })
  listening.catch(() => {})
  return { child, exit, listening }
}
