/** Makes dist/client-package of what is compiled: the client as one module, its types, and those of the protocol. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { buildSync } from 'esbuild'

const FOLDER = 'dist/client-package'

type Schema = {
  const?: unknown
  enum?: string[]
  type?: string
  description?: string
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

const doc = (text: string | undefined, indent: string) => (text ? `${indent}/** ${text} */\n` : '')

/** A schema as a type of TypeScript. */
function typeOf({ properties, required = [], ...schema }: Schema, indent = ''): string {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map((option) => typeOf(option, indent)).join(' | ')
  if (schema.items) return `Array<${typeOf(schema.items, indent)}>`
  if (schema.type === 'integer') return 'number'
  if (!properties) return schema.type ?? 'unknown'
  const deeper = `${indent}  `
  const fields = Object.entries(properties).map(([name, field]) => {
    const mark = required.includes(name) ? '' : '?'
    return `${doc(field.description, deeper)}${deeper}${name}${mark}: ${typeOf(field, deeper)}\n`
  })
  return `{\n${fields.join('')}${indent}}`
}

const named = (name: string, schema: Schema) =>
  `${doc(schema.description, '')}export type ${name} = ${typeOf(schema)}\n\n`

const pascal = (name: string) => name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The types of all messages of one direction, and the union of them. */
function messages(all: Record<string, Schema>, ending: string, union: string): string {
  const types = Object.entries(all).map(([name, schema]) => named(pascal(name) + ending, schema))
  const names = Object.keys(all).map((name) => pascal(name) + ending)
  return `${types.join('')}export type ${union} = ${names.join(' | ')}\n\n`
}

/** What tsc has made of a module, without its imports; `inner`: nothing of it is exported from here. */
function declarations(path: string, inner: boolean): string {
  const text = readFileSync(`dist/${path}.d.ts`, 'utf8')
    .replace(/^import .*;\n/gm, '')
    .replace(/^export (\{|type \{).*;\n/gm, '')
  return inner ? text.replace(/^export /gm, '') : text.replace(/^export declare /gm, 'declare ')
}

async function protocolTypes(): Promise<string> {
  // Compiled a moment ago, so not there when this is checked.
  const compiled = (name: string) => import(new URL(`../dist/protocol/${name}.js`, import.meta.url).href)
  const [{ clientMessages, serverMessages }, schemas] = await Promise.all([compiled('messages'), compiled('schemas')])
  const words = ['Role', 'SeatState', 'HostPresence', 'LeaveReason', 'AdmittedPeer', 'LobbyPeer', 'Ice']
  return [
    `${words.map((word) => named(word, schemas[`${word}Schema`])).join('')}`,
    messages(clientMessages, 'Command', 'ClientMessage'),
    messages(serverMessages, 'Message', 'ServerMessage'),
    '/** A frame as a client receives it. */\nexport type ServerFrame = ServerMessage & { seq?: number }\n\n',
    declarations('protocol/errors', false),
    declarations('protocol/data', false),
    'export {};\n',
  ].join('')
}

/** Everything that the client's types are made of, in one file; what `client.ts` exports is exported. */
function clientTypes(): string {
  const own = ['over', 'view', 'world', 'seat', 'negotiation', 'log', 'tracks', 'peer', 'pair-keys', 'sealed-channel']
  own.push('safety-number', 'keepsakes', 'pair', 'call', 'api', 'client')
  const modules = ['protocol/bytes', 'protocol/seal', ...own.map((name) => `client/${name}`)]
  const inner = modules.map((name) => declarations(name, true))
  const entry = readFileSync('dist/client/client.d.ts', 'utf8')
  const exports = [...entry.matchAll(/^(export (?:type )?\{.*?\})(?: from .*)?;$/gm)].map(([, names]) => names)
  const used = modules.flatMap((name) =>
    [
      ...readFileSync(`dist/${name}.d.ts`, 'utf8').matchAll(
        /^import .*\{(.*)\} from '\.\.\/protocol\/(?:messages|errors|data)/gm,
      ),
    ].flatMap(([, names = '']) => names.split(',').map((one) => one.replace('type ', '').trim())),
  )
  const imports = `import type { ${[...new Set(used)].sort().join(', ')} } from './protocol.js';\n\n`
  return `${imports}${inner.join('')}export { dialIn };\n${exports.join('\n')}\n`
}

/** Makes the folder; the server serves what is in it, and `npm run pack:client` packs it. */
export async function makeClientPackage(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  buildSync({
    entryPoints: ['src/client/client.ts'],
    outfile: `${FOLDER}/wartezimmer.js`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
  })
  const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'))
  const description = 'Dials in to a Wartezimmer: waiting room, signaling and media of a video consultation'
  const meta = {
    name: 'wartezimmer-client',
    version,
    description,
    license,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './wartezimmer.d.ts', default: './wartezimmer.js' },
      './protocol': { types: './protocol.d.ts' },
    },
    types: './wartezimmer.d.ts',
    files: ['wartezimmer.*', 'protocol.d.ts'],
  }
  writeFileSync(`${FOLDER}/package.json`, `${JSON.stringify(meta, null, 2)}\n`)
  writeFileSync(`${FOLDER}/protocol.d.ts`, await protocolTypes())
  writeFileSync(`${FOLDER}/wartezimmer.d.ts`, clientTypes())
  const types = 'All of them are in `wartezimmer.d.ts`.'
  const readme = readFileSync('src/docs/client.md', 'utf8').replace('<!-- client api -->', types)
  writeFileSync(`${FOLDER}/README.md`, readme)
  copyFileSync('LICENSE', `${FOLDER}/LICENSE`)
}
