/** The tools of others, where run.sh has installed them. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { FOREIGN = '' } = process.env
if (FOREIGN === '') throw new Error('npm run test:foreign installs what is needed')

const { resolve } = createRequire(join(FOREIGN, 'package.json'))

/** A module of theirs, without types: it is not installed where this is checked. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export const load = (name: string): Promise<any> => import(pathToFileURL(resolve(name)).href)

/** Runs a program of theirs, or of the machine's. @returns what it says; throws that where it fails */
export function run(program: string, args: readonly string[], cwd: string): string {
  const path = `${join(FOREIGN, 'node_modules', '.bin')}:${process.env.PATH}`
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env: { ...process.env, PATH: path } })
  if (status === 0) return `${stdout}${stderr}`
  throw new Error(`${program}: ${stdout}${stderr}`)
}
