/** The manifest for Kubernetes in scripts/deploy, against the schemas and types of its objects (R93). */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tempFolder } from '../record-support.ts'
import { load, run } from './tools.ts'

const folder = tempFolder()
symlinkSync(join(process.env.FOREIGN ?? '', 'node_modules'), join(folder, 'node_modules'))

type Manifest = { apiVersion: string; kind: string }
const { parseAllDocuments } = await load('yaml')
const text = readFileSync(new URL('../../scripts/deploy/kubernetes.yaml', import.meta.url), 'utf8')
const manifests: Manifest[] = parseAllDocuments(text).map((document: { toJS: () => Manifest }) => document.toJS())

/** Values are the schema's affair; that there are no fields but those that exist, the types'. */
async function check(manifest: Manifest): Promise<void> {
  const { apiVersion, kind } = manifest
  const models = await load(`kubernetes-models/${apiVersion}`)
  new models[kind](manifest).validate()
  const typed = `import type { I${kind} } from 'kubernetes-models/${apiVersion}'\nexport const it: I${kind} = ${JSON.stringify(manifest)}\n`
  writeFileSync(join(folder, `${kind}.ts`), typed)
  run(
    'tsc',
    ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', `${kind}.ts`],
    folder,
  )
}

test('R93: Kubernetes knows every object, field and value of the manifest', async () => {
  assert.equal(
    manifests.map(({ kind }) => kind),
    ['Service', 'StatefulSet'],
  )
  for (const manifest of manifests) await check(manifest)
})

test('what checks here refuses a field that there is not, and a value of another type', async () => {
  const set = manifests[1] as Manifest & { spec: object }
  for (const wrong of [{ replica: 1 }, { replicas: 'one' }]) {
    const refused = await check({ ...set, spec: { ...set.spec, ...wrong } } as Manifest).then(
      () => false,
      () => true,
    )
    assert.ok(refused, JSON.stringify(wrong))
  }
})

test.run()
