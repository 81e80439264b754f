/**
 * `npm run sbom`: prints a bill of materials (CycloneDX, JSON) of what the container ships, from the
 * lockfile alone: no network, nothing installed.
 *
 * npm makes it, but not of our own lockfile: told to omit what is for development, it also leaves out
 * production packages that something for development needs as well, even direct ones. So it is given a
 * lockfile in which there is nothing else, in a folder of our name, since it calls the program by its folder's.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Package = { dev?: boolean; devOptional?: boolean; devDependencies?: unknown }

const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
const { devDependencies: _, ...manifest } = read('package.json') as { name: string; devDependencies: unknown }
const lock = read('package-lock.json') as { packages: Record<string, Package> }

const shipped = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional)
const packages = Object.fromEntries(shipped.map(([path, { devDependencies: _, ...rest }]) => [path, rest]))

const [command, ...before] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
const options = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only', '--offline']

const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
try {
  const cwd = join(folder, manifest.name)
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify({ ...lock, packages }))
  process.stdout.write(execFileSync(command, [...before, 'sbom', ...options], { cwd, maxBuffer: 64 * 1024 * 1024 }))
} finally {
  rmSync(folder, { recursive: true })
}
