/** `npm run build`: compiles server, pages and client package into dist, unless that is newer than all it is made of. */
// Plain JavaScript, since what strips types of TypeScript takes Node longer to load than all of this.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Made last, with the time of the beginning: what is changed while it compiles is newer. */
const STAMP = 'dist/.built'

const began = new Date()
const made = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0
// Folders, too, since they change when a file in them goes.
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).map((name) => join('src', name))
const isNewer = (path) => statSync(path).mtimeMs >= made

const makers = ['scripts/client-package.ts', 'scripts/pages.ts']
if (['package-lock.json', 'tsconfig.json', ...makers, 'src', ...sources].some(isNewer)) {
  rmSync('dist', { recursive: true, force: true })
  for (const project of ['.', 'src/web']) {
    const { status } = spawnSync('tsc', ['-p', project], { stdio: 'inherit', shell: process.platform === 'win32' })
    if (status !== 0) process.exit(1)
  }
  // Not needed where there is nothing to do.
  const [{ makeClientPackage }, { bundlePages }] = await Promise.all([
    import('./client-package.ts'),
    import('./pages.ts'),
  ])
  bundlePages()
  await makeClientPackage()
  writeFileSync(STAMP, '')
  utimesSync(STAMP, began, began)
}
