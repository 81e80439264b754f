/** The bill of materials: what is shipped and nothing else, as CycloneDX, without a word of where it came from. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

type Component = {
  name: string
  version: string
  purl: string
  hashes: { alg: string; content: string }[]
  licenses: { license?: { id: string }; expression?: string }[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const text = execFileSync(process.execPath, ['--import', 'tsx', 'scripts/sbom.ts'], { cwd: root, encoding: 'utf8' })
const bom = JSON.parse(text)
const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')) as {
  packages: Record<string, { version: string; dev?: true; devOptional?: true; integrity: string }>
}

/** What the lockfile has to be installed without development: `name@version` and its checksum in hex. */
const shipped = new Map(
  Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version, integrity }]) => [
      `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
      Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
    ]),
)

test('it is a CycloneDX document about this program', () => {
  const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  assert.equal([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.5'])
  assert.match(bom.serialNumber, /^urn:uuid:[0-9a-f-]{36}$/)
  const { component } = bom.metadata
  assert.equal([component.type, component.name, component.version], ['application', name, version])
})

test('it lists exactly the production dependencies of the lockfile, each with checksum, license and purl', () => {
  const components = bom.components as Component[]
  assert.equal(components.map(({ name, version }) => `${name}@${version}`).sort(), [...shipped.keys()].sort())
  for (const { name, version, purl, hashes, licenses } of components) {
    assert.is(purl, `pkg:npm/${name.replace('@', '%40')}@${version}`)
    assert.equal(hashes, [{ alg: 'SHA-512', content: shipped.get(`${name}@${version}`) }])
    assert.ok(licenses.length > 0 && licenses.every(({ license, expression }) => license?.id ?? expression), name)
  }
})

test('each direct dependency is named as one', () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const direct = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`)
  const ref = bom.metadata.component['bom-ref']
  const { dependsOn } = bom.dependencies.find((one: { ref: string }) => one.ref === ref)
  assert.equal(dependsOn.sort(), direct.sort())
})

test('it names no registry and no folder of the machine that it was made on', () => {
  const addresses = [...text.matchAll(/https?:\/\/[^"]+/g)].map(([address]) => address)
  assert.equal(addresses, ['http://cyclonedx.org/schema/bom-1.5.schema.json'])
  assert.not.match(text, /"\/(?:tmp|home|root|work|usr)/)
})

test.run()
