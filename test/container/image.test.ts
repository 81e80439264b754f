/** The image that run.sh beside this file builds, run as the quadlet in scripts/deploy runs it (R59, R93). */
import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Role } from '../../src/protocol/messages.ts'
import { joinAt } from '../server-support.ts'
import { makeSecret, quadletArgs } from './quadlet.ts'

assert.ok(process.env.CONTAINERS_STORAGE_CONF, 'start it with npm run test:container, which builds the image')
assert.equal(Object.keys(networkInterfaces()), ['lo'], 'only in a namespace of its own: the container is in it, too')

const run = promisify(execFile)
const podman = async (words: string, ...more: string[]) => (await run('podman', [...words.split(' '), ...more])).stdout
const inside = (...command: string[]) => podman('exec wartezimmer', ...command)
const rightsOf = (path: string) => {
  const { uid, mode } = lstatSync(path)
  return `${uid} ${(mode & 0o7777).toString(8)}`
}
/** What is in an image or a volume, by absolute paths in it, and where it really is. */
async function filesOf(command: string): Promise<Map<string, string>> {
  const root = (await podman(command)).trim()
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name))
  return new Map([['/', root], ...paths.map((path): [string, string] => [path.slice(root.length), path])])
}
const volume = (name: string) => filesOf(`volume inspect --format {{.Mountpoint}} ${name}`)

const image = await filesOf('image mount wartezimmer')
await run('sh', ['-c', makeSecret])
// With TURN it starts only where the secret comes through.
const env = join(process.env.CONTAINERS_STORAGE_CONF, '..', 'env')
writeFileSync(env, 'WZ_TURN_URLS=turn:127.0.0.1:3478\n')
// By default podman allows more processes than this machine may have.
await podman('run --detach --ulimit nproc=32768:32768', ...quadletArgs({ LogDriver: 'k8s-file', EnvironmentFile: env }))

const dialIn = (code: string, name?: string) => joinAt('http://127.0.0.1:8080', code, name)
const mint = async () =>
  JSON.parse(await inside('node', 'dist/mint.js', '--roles', 'host,guest', '--json')) as {
    codes: { role: Role; code: string }[]
  }

test('R59: it starts without any configuration, and its own health check says that it lives', async () => {
  const end = Date.now() + 30_000
  const answer = () => podman('healthcheck run wartezimmer').then(() => '', String)
  for (let fault = await answer(); fault; fault = await answer()) {
    const { stdout, stderr } = await run('podman', ['logs', 'wartezimmer'])
    assert.ok(Date.now() < end, fault + stdout + stderr)
  }
})

test('R59: the process is a user without rights or ways to any, and can write to no file of the image', async () => {
  const pid = (await podman('inspect --format {{.State.Pid}} wartezimmer')).trim()
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  for (const name of ['Uid', 'Gid']) assert.match(status, new RegExp(`^${name}:(\t1000){4}$`, 'm'))
  for (const name of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) assert.match(status, new RegExp(`^Cap${name}:\t0+$`, 'm'))
  assert.match(status, /^NoNewPrivs:\t1$/m)
  const write = "try { fs.writeFileSync(process.argv[1], '') } catch ({ code }) { code }"
  for (const path of ['/app/x', '/tmp/x']) assert.is((await inside('node', '-p', write, path)).trim(), 'EROFS')
})

test('R59: a whole consultation with codes that were minted in the container', async () => {
  const { codes } = await mint()
  const [host, guest] = [await dialIn(codes[0]?.code ?? ''), await dialIn(codes[1]?.code ?? '', 'Anna')]
  const { peer } = await host.next('knock')
  host.send({ type: 'admit', peer })
  const { peers } = await guest.next('admitted')
  await host.next('peer-joined')
  for (const [from, to, id] of [
    [host, guest, peer],
    [guest, host, peers[0]?.peer ?? ''],
  ] as const) {
    const data = { description: { type: 'offer', sdp: id } }
    from.send({ type: 'signal', to: id, data })
    assert.equal((await to.next('signal')).data, data)
  }
  host.send({ type: 'end' })
  for (const client of [host, guest]) {
    await client.next('ended')
    client.drop()
  }
})

test('R93: the doctor in the container finds nothing wrong but that there is no public address and no TURN server', async () => {
  const { code, stdout } = await inside('node', 'dist/doctor.js').catch((fault) => fault)
  const wrong = stdout.split('\n').filter((line: string) => line.startsWith('wrong'))
  assert.equal([code, wrong.length], [1, 2], stdout)
  assert.match(wrong.join(), /set WZ_PUBLIC_URL.*turn:127\.0\.0\.1:3478: It cannot be reached/)
})

test('R59: pages, their scripts and the documents are served, though no source is in the image', async () => {
  const get = async (path: string) => {
    const response = await fetch(new URL(path, 'http://127.0.0.1:8080'))
    assert.is(response.status, 200, path)
    return await response.text()
  }
  for (const path of ['/docs/protocol', '/docs/tom', '/openapi.json', '/asyncapi.json']) await get(path)
  for (const page of ['/', '/praxis']) {
    const assets = (await get(page)).match(/\/assets\/[\w./-]+/g) ?? []
    assert.ok(assets.length > 1)
    for (const asset of assets) await get(asset)
  }
})

test('R59: a backup goes into a fresh volume, and like the data it is for its owner only', async () => {
  const [path = ''] = (await inside('node', 'dist/backup.js', '/backup')).split('\n')
  const [, copy] = await volume('wartezimmer-backup')
  assert.is(copy?.[0], path.slice('/backup'.length))
  const query = 'SELECT reason FROM sessions'
  const read = `new (require('better-sqlite3'))(process.argv[1], { readonly: true }).prepare('${query}').all()`
  assert.is((await inside('node', '-p', read, path)).trim(), "[ { reason: 'ended' } ]")
  const data = await volume('wartezimmer')
  assert.ok(['/admin-token', '/code.key', '/wartezimmer.db'].every((name) => data.has(name)))
  for (const files of [data, await volume('wartezimmer-backup')])
    for (const [name, file] of files) assert.is(rightsOf(file), name === '/' ? '1000 700' : '1000 600', name)
})

test('R59: the image holds no compiler, no npm, no sources and no headers, and its program belongs to root', () => {
  assert.ok(image.has('/usr/local/bin/node') && image.has('/app/dist/main.js'))
  const tools = /bin\/([\w-]+-)?(cc|gcc|[cg]\+\+|clang|make|python|npm|npx|corepack|yarn|tsc)[\d.-]*$/
  // Declarations are no sources: the client package and the page about it are made of them.
  const sources = /^\/(app|usr\/(local|include))\/.*(?<!\/app\/dist\/.*\.d)\.([cm]?ts|[ch](pp)?)$/
  const wrong = [...image.keys()].find((path) => tools.test(path) || sources.test(path))
  assert.is(wrong, undefined)
  for (const [path, file] of image)
    if (path.startsWith('/app/')) assert.match(rightsOf(file), /^0 (644|755|777)$/, path)
})

test('R59: it has exactly the production dependencies of the lockfile, and one binary of better-sqlite3', () => {
  type Lock = { packages: Record<string, { dev?: boolean; devOptional?: boolean }> }
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
  const shipped = Object.keys(packages).filter((path) => path && !packages[path]?.dev && !packages[path]?.devOptional)
  const found = [...image.keys()].flatMap(
    (path) => /^\/app\/(.*node_modules\/(@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1] ?? [],
  )
  assert.equal(found.sort(), shipped.sort())
  assert.is([...image.keys()].filter((path) => path.endsWith('.node')).length, 1)
})

test('R59: SIGTERM sends everybody away to come back, and it exits with 0 within the ten seconds it is given', async () => {
  const client = await dialIn((await mint()).codes[0]?.code ?? '')
  await podman('stop --time 10 wartezimmer')
  assert.is((await client.closed).code, 1012)
  assert.is((await podman('inspect --format {{.State.ExitCode}} wartezimmer')).trim(), '0')
  assert.match(await podman('logs wartezimmer'), '"stopped"')
})

test.run()
