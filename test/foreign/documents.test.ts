/** The documents for machines, as the usual linters and generators see them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { tempFolder } from '../record-support.ts'
import { load, run } from './tools.ts'

const folder = tempFolder()
const server = await spawnServer()
for (const name of ['openapi.json', 'asyncapi.json']) {
  writeFileSync(join(folder, name), await (await fetch(`${server.url}/${name}`)).text())
}
await server.stop()

/** Type checks files as strictly as can be. */
const compile = (...files: string[]) => run('tsc', ['--strict', '--target', 'es2022', '--noEmit', ...files], folder)

test('the usual linters find nothing to warn of', async () => {
  // Who operates a server is not the program's to say; and that tokens of any kind may need roles (OpenAPI 3.1, Security
  // Requirement Object), this linter does not know.
  const off = ['info-contact', 'asyncapi-info-contact', 'oas3-operation-security-defined']
  const rules = `extends: ["spectral:oas", "spectral:asyncapi"]\nrules: {${off.map((rule) => `${rule}: off`).join()}}\n`
  writeFileSync(join(folder, '.spectral.yaml'), rules)
  const spectral = ['lint', '--fail-severity', 'warn', '--ruleset', '.spectral.yaml', 'openapi.json', 'asyncapi.json']
  run('spectral', spectral, folder)
  const said = run('redocly', ['lint', 'openapi.json'], folder)
  assert.match(said, 'Your API description is valid')
  assert.not.match(said, /warning/i)
})

test('openapi-typescript makes types with our names that compile, and an answer fits them', async () => {
  run('openapi-typescript', ['openapi.json', '--output', 'openapi.ts'], folder)
  const use = `
    import type { components, operations } from './openapi'
    type Minted = operations['mintCodes']['responses'][201]['content']['application/json']
    const minted: Minted = { room: 'zimmer1', codes: [] }
    const problem: components['schemas']['ProblemCode'] = 'window_invalid'
    // @ts-expect-error: there is no such role
    const role: components['schemas']['Role'] = 'nobody'
    export { minted, problem, role }
  `
  writeFileSync(join(folder, 'use.ts'), use)
  compile('use.ts')
})

test('modelina makes types of each message in TypeScript and Python, all with names, that compile', async () => {
  const { PythonGenerator, TypeScriptGenerator } = await load('@asyncapi/modelina')
  const { default: document } = await import(join(folder, 'asyncapi.json'), { with: { type: 'json' } })
  type Model = { modelName: string; result: string }
  const ts = new TypeScriptGenerator({ modelType: 'interface', enumType: 'union' })
  const typescript: Model[] = await ts.generateCompleteModels(document, { exportType: 'named' })
  const python: Model[] = await new PythonGenerator().generateCompleteModels(document, {})
  for (const into of ['ts', 'py']) mkdirSync(join(folder, into))
  for (const { modelName } of [...typescript, ...python]) assert.not.match(modelName, /anonymous/i)
  const names = new Set(typescript.map(({ modelName }) => modelName))
  for (const name of ['ClientJoin', 'ServerPeerJoined', 'LobbyPeer', 'ErrorCode']) assert.ok(names.has(name), name)
  for (const { modelName, result } of typescript) writeFileSync(join(folder, 'ts', `${modelName}.ts`), result)
  compile(...[...names].map((name) => join('ts', `${name}.ts`)))
  python.forEach(({ result }, n) => {
    writeFileSync(join(folder, 'py', `model${n}.py`), result)
  })
  run('python3', ['-m', 'compileall', '-q', 'py'], folder)
})

test.run()
