/**
 * A provider's way: two practices on one shard behind haproxy, as /docs/admins and /docs/scaling have them, from the file of
 * admins to a first consultation, timed; what the other practice learns of it, and what the provider. Runs as root in a
 * network namespace with nothing but loopback.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { admit, hostOpens, LOOPBACK, launchBrowser, patientWaits } from '../browser/support.ts'
import { picturesRun, until } from '../browser/watching.ts'
import { ask, folder, startHaproxy, startMachine } from './shards.ts'

const [AHORN, BIRKE] = ['praxis-ahorn.praxen.example', 'praxis-birke.praxen.example'] as const
const document = readFileSync(new URL('../../src/docs/admins.md', import.meta.url), 'utf8')
/** A command of the document, with a token for the one in it. */
function command(words: string, TOKEN = ''): string {
  assert.ok(document.replaceAll('\\|', '|').includes(`\`${words}\``), words)
  return execFileSync('sh', ['-c', words], { env: { ...process.env, TOKEN }, encoding: 'utf8' }).trim()
}
const made = () => command('openssl rand -base64 32')
const hash = (token: string) => command('printf %s "$TOKEN" | sha256sum', token).slice(0, 64)

const args = [...LOOPBACK, '--host-resolver-rules=MAP *.praxen.example 127.0.0.1', '--ignore-certificate-errors']
const browser = await launchBrowser('granted', { args })
test.after(async () => {
  await browser.close()
  setTimeout(() => process.exit(), 1_000).unref()
})

test('R90: one of two practices on a shard has a consultation; the other one learns nothing of it, the provider no names', async () => {
  const started = performance.now()
  const passed = (what: string) => console.log(`# ${((performance.now() - started) / 1000).toFixed(1)} s  ${what}`)
  const [provider, ahorn, birke] = [made(), made(), made()]
  const all = ['mint', 'read', 'erase', 'audit', 'metrics']
  const practice = (rooms: string, host: string, token: string) => ({
    ...{ rooms, publicUrl: `https://${host}`, codesPerDay: 500, seats: 60 },
    admins: [{ name: `${rooms}software`, tokenSha256: hash(token), rights: all }],
  })
  const file = {
    admins: [{ name: 'provider', tokenSha256: hash(provider), rights: all }],
    practices: [practice('ahorn-', AHORN, ahorn), practice('birke-', BIRKE, birke)],
  }
  const admins = join(folder, 'admins.json')
  writeFileSync(admins, JSON.stringify(file), { mode: 0o600 })
  passed('tokens and the file of admins')
  const machine = await startMachine('machine1', '192.0.2.11')
  await machine.start({ dataDir: join(folder, 'first'), port: 8441, names: ['praxen.example'], admins }).listening
  await startHaproxy()
  const up = () =>
    ask(AHORN, '/readyz', undefined, ahorn).then(
      ({ status }) => status === 200,
      () => false,
    )
  await until(up, (yes) => yes)
  passed('the shard, and haproxy that has found it')

  const minted = await ask(AHORN, '/v1/codes', { roles: ['host', 'guest'] }, ahorn)
  assert.is(minted.status, 201, minted.text)
  const { room, codes } = JSON.parse(minted.text) as {
    room: string
    codes: { id: string; code: string; link: string }[]
  }
  const [host, guest] = codes
  assert.ok(guest?.link.startsWith(`https://${AHORN}/#`))
  const url = { url: `https://${AHORN}` }
  const patient = await patientWaits(browser, url, guest?.code ?? '', 'Anna Beispiel')
  const therapist = await hostOpens(browser, url, host?.code ?? '')
  await admit(therapist, 'Anna Beispiel')
  for (const window of [patient, therapist]) await picturesRun(window)
  passed('two people see each other')

  for (const path of [`/v1/codes/${guest?.id}`, `/v1/rooms/${room}`])
    assert.is((await ask(BIRKE, path, undefined, birke)).status, 404, path)
  const seen = async (token: string, path: string) => (await ask(BIRKE, path, undefined, token)).text
  for (const list of ['codes', 'sessions'])
    assert.equal(JSON.parse(await seen(birke, `/v1/${list}`)), { [list]: [], next: null })
  for (const path of ['/v1/audit', '/metrics', `/v1/codes?room=${room}`, `/v1/sessions?room=${room}`])
    assert.not.match(await seen(birke, path), /ahorn|Anna/)
  assert.match(await seen(birke, '/metrics'), /^wartezimmer_practice_codes_today 0$/m)
  assert.is((await ask(BIRKE, '/v1/deletions', undefined, birke)).status, 403, 'it is about all practices')

  const metrics = await seen(provider, '/metrics?practices=true')
  assert.match(metrics, /^wartezimmer_practice_codes_today\{rooms="ahorn-"\} 2$/m)
  assert.match(metrics, /^wartezimmer_practice_codes_today\{rooms="birke-"\} 0$/m)
  assert.equal(Object.keys(JSON.parse(await seen(provider, '/v1/deletions'))), ['deletions', 'next'])
  const { entries } = JSON.parse(await seen(provider, '/v1/audit')) as { entries: { admin: string }[] }
  assert.ok(entries.some(({ admin }) => admin === 'ahorn-software'))
  for (const path of ['/metrics', '/v1/codes', '/v1/sessions', '/v1/deletions', `/v1/rooms/${room}`])
    assert.not.match(await seen(provider, path), 'Anna')
  passed('and what the others see of it')
})

test.run()
