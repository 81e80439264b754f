/** The client as others install it: from the tarball, without the network, in projects of their own. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tempFolder } from './record-support.ts'
import { startServer } from './server-support.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = (name: string) => join(root, 'node_modules/.bin', name)
const folder = tempFolder()
const installed = join(folder, 'node_modules/wartezimmer-client')

/** Runs a program in the other project; fails with all that it said. */
function run(file: string, ...args: string[]): string {
  try {
    return execFileSync(file, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${file} ${args.join(' ')}\n${stdout}${stderr}`)
  }
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

/** What a project of TypeScript says; nothing where all is well. Libraries are checked, too. */
function typeErrors(options: object, file: string, text: string): string {
  write(file, text)
  const strict = { strict: true, noEmit: true, skipLibCheck: false, types: [], exactOptionalPropertyTypes: true }
  write('tsconfig.json', JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }))
  try {
    return run(tool('tsc'), '-p', 'tsconfig.json')
  } catch (error) {
    return (error as Error).message
  }
}

const PAGE = `
import { type Client, dialIn, loadSeat, type State } from 'wartezimmer-client'

const client: Client = dialIn({ code: 'K7M-4XQ-9TP', name: 'Ada', storage: sessionStorage, log: (entry) => entry.event })
const stop: () => void = client.on('knock', ({ name, quiet }) => console.log(name.length, quiet))
client.on('problem', ({ peer, problem }) => console.log(peer, problem))
const state: State = client.view.state
if (state.at === 'over' && state.over.reason === 'denied') console.log(state.over.text)
if (state.at === 'waiting') console.log(state.host)
const stream: MediaStream | undefined = client.media('x').stream
export { loadSeat, stop, stream }
`

const PROTOCOL = `
import type { ClientMessage, CloseReason, ErrorCode, JoinCommand, ServerFrame, SignalData } from 'wartezimmer-client/protocol'

const join: JoinCommand = { type: 'join', code: 'x' }
export const say: ClientMessage[] = [join, { type: 'signal', to: 'p', data: { candidate: null } satisfies SignalData }]
export function hear(frame: ServerFrame): ErrorCode | CloseReason | undefined {
  if (frame.type === 'admitted') return frame.ice.servers[0]?.urls[0] === undefined ? undefined : 'ended'
  return frame.type === 'error' ? frame.code : undefined
}
`

test.before(() => {
  write('package.json', '{"private": true, "type": "module"}')
  const [packed] = JSON.parse(run('npm', 'pack', '--json', join(root, 'dist/client-package'))) as { filename: string }[]
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${packed?.filename}`)
})

test('the package is one module with its map and types, and needs nothing else', () => {
  assert.equal(readdirSync(installed).sort(), [
    'LICENSE',
    'README.md',
    'package.json',
    'protocol.d.ts',
    'wartezimmer.d.ts',
    'wartezimmer.js',
    'wartezimmer.js.map',
  ])
  assert.equal(
    readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['wartezimmer-client'],
  )
  const meta = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  assert.is(meta.version, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
  assert.is(meta.dependencies, undefined)
  const map = JSON.parse(readFileSync(join(installed, 'wartezimmer.js.map'), 'utf8'))
  assert.is(map.sourcesContent.length, map.sources.length)
})

for (const [module, moduleResolution] of [
  ['esnext', 'bundler'],
  ['nodenext', 'nodenext'],
]) {
  test(`strict TypeScript takes the package as it is, resolved as by ${moduleResolution}`, () => {
    const how = { module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'] }
    assert.is(typeErrors(how, 'page.ts', PAGE), '')
    assert.match(typeErrors(how, 'page.ts', PAGE.replace("at === 'waiting'", "at === 'nowhere'")), 'TS2367')
  })

  test(`the protocol's types need no browser, resolved as by ${moduleResolution}`, () => {
    const how = { module, moduleResolution, target: 'es2022', lib: ['es2022'] }
    assert.is(typeErrors(how, 'protocol.ts', PROTOCOL), '')
    assert.match(typeErrors(how, 'protocol.ts', PROTOCOL.replace("code: 'x'", 'code: 7')), 'TS2322')
  })
}

test("the package's types are those that the server is checked against", () => {
  const source = (name: string) => JSON.stringify(join(root, `src/protocol/${name}.ts`))
  const names = ['ClientMessage', 'ServerMessage', 'ServerFrame', 'Role', 'SeatState', 'HostPresence', 'LeaveReason']
  const text = [...names, 'AdmittedPeer', 'LobbyPeer', 'Ice'].map(
    (name) => `export const to${name} = (one: ours.${name}): theirs.${name} => one
export const from${name} = (one: theirs.${name}): ours.${name} => one`,
  )
  const imports = `import type * as ours from ${source('messages')}\nimport type * as theirs from 'wartezimmer-client/protocol'\n`
  const how = { module: 'nodenext', target: 'es2024', lib: ['es2024'], allowImportingTsExtensions: true }
  assert.is(typeErrors({ ...how, skipLibCheck: true }, 'same.ts', imports + text.join('\n')), '')
})

test('a bundler takes it, and leaves out what is not used', () => {
  write('main.js', "import { loadSeat } from 'wartezimmer-client'\nconsole.log(loadSeat(sessionStorage))\n")
  const bundle = run(tool('esbuild'), 'main.js', '--bundle', '--format=esm', '--log-level=warning')
  assert.match(bundle, 'wartezimmer.seat')
  assert.not.match(bundle, 'RTCPeerConnection')
  write('main.ts', PAGE)
  assert.match(run(tool('esbuild'), 'main.ts', '--bundle', '--format=esm', '--log-level=warning'), 'RTCPeerConnection')
})

test('the server has the same files at addresses that stay, for pages of allowed origins, also without its own pages', async () => {
  const server = await startServer({ WZ_PAGES: 'off', WZ_ALLOWED_ORIGINS: 'https://praxis.example' })
  for (const [name, type] of [
    ['wartezimmer.js', 'javascript'],
    ['wartezimmer.js.map', 'application/json'],
    ['wartezimmer.d.ts', 'text/plain'],
    ['protocol.d.ts', 'text/plain'],
  ] as const) {
    const response = await server.request(`/assets/${name}`, { headers: { origin: 'https://praxis.example' } })
    assert.is(response.status, 200, name)
    assert.match(response.headers.get('content-type') ?? '', type)
    assert.is(response.headers.get('access-control-allow-origin'), 'https://praxis.example')
    assert.is(await response.text(), readFileSync(join(installed, name), 'utf8'))
  }
  for (const name of ['package.json', 'README.md', '']) {
    assert.is((await server.request(`/assets/${name}`)).status, 404, name)
  }
})

test.run()
