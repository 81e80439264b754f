/** The backup: a consistent copy while the server runs, its date of deletion, and the way back. */
import { execFile } from 'node:child_process'
import { cpSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Sqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backUp } from '../src/record/backup.ts'
import { by, bytesIn, DAY, endedSession, keepSessions, NOW, openIn, tempFolder } from './record-support.ts'
import { startServer } from './server-support.ts'

const run = promisify(execFile)
const command = fileURLToPath(new URL('../dist/backup.js', import.meta.url))

test('a copy names the date by which it must be deleted: 88 days after its oldest entry arose', async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  const record = await openIn(folder)
  const made = NOW + 10 * DAY
  assert.is(backUp(folder, target, made).deleteBy, new Date(made + 88 * DAY).toISOString().slice(0, 10), 'empty')
  await record.mint({ roles: ['guest'] }, by(NOW + 2 * DAY))
  assert.is(backUp(folder, target, made + 1).deleteBy, new Date(NOW + 90 * DAY).toISOString().slice(0, 10))
  await keepSessions(record, [endedSession(record)])
  await record.retry()
  const { path, deleteBy } = backUp(folder, target, made + 2000)
  assert.is(deleteBy, new Date(NOW + 88 * DAY).toISOString().slice(0, 10))
  assert.is(path, join(target, 'wartezimmer-2026-03-12T090002Z-delete-by-2026-05-29.db'))
  assert.is((statSync(path).mode & 0o777).toString(8), '600')
  assert.equal(
    readdirSync(target).filter((name) => !name.endsWith('.db')),
    [],
    'nothing else is left there',
  )
})

test('what was deleted before is not in the copy, and a copy keeps no sweep from wiping once it is done', async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record, { room: 'canary' })])
  const { sessions } = await record.listSessions({ limit: 1 }, by(NOW))
  await record.eraseSession(sessions[0]?.id ?? '', by(NOW))
  backUp(folder, target, NOW)
  assert.not.ok(bytesIn(target).includes('canary'))
  assert.equal(await record.sweep(NOW), { deleted: 0, remaining: false })
})

test('the command copies the folder of a running server; after a loss the copy brings codes and record back', async () => {
  const server = await startServer()
  const target = tempFolder()
  const { codes, host } = await server.consultation()
  const env = { PATH: process.env.PATH, WZ_DATA_DIR: server.dataDir }
  host.send({ type: 'end' })
  await host.next('ended')
  await server.record.retry()
  const { stdout } = await run(process.execPath, [command, target], { env })
  const [path = '', advice] = stdout.split('\n')
  assert.match(advice ?? '', /^Delete this copy by \d{4}-\d\d-\d\d/)
  const restored = tempFolder()
  cpSync(path, join(restored, 'wartezimmer.db'))
  cpSync(join(server.dataDir, 'code.key'), join(restored, 'code.key'))
  await server.stop()

  const again = await startServer({}, restored)
  await again.join(codes[1]?.code ?? '', 'Anna')
  const { sessions } = (await (await again.request('/v1/sessions')).json()) as { sessions: { participants: number }[] }
  assert.equal(
    sessions.map(({ participants }) => participants),
    [2],
  )
})

test('copies that are made at the same time are each whole, and none but their owner may read them', async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  const record = await openIn(folder)
  await record.mint({ roles: ['guest'] }, by(NOW))
  const env = { PATH: process.env.PATH, WZ_DATA_DIR: folder }
  const umask = process.umask(0o022)
  try {
    for (let round = 0; round < 4; round++) {
      const copies = await Promise.all([1, 2, 3].map(() => run(process.execPath, [command, target], { env })))
      for (const { stdout } of copies) {
        const [path = ''] = stdout.split('\n')
        assert.is((statSync(path).mode & 0o777).toString(8), '600')
        const copy = new Sqlite(path, { readonly: true })
        assert.is(copy.prepare('SELECT count(*) FROM codes').pluck().get(), 1)
        copy.close()
      }
    }
  } finally {
    process.umask(umask)
  }
  assert.equal(
    readdirSync(target).filter((name) => !name.endsWith('.db')),
    [],
  )
})

test('what a kill has left of a copy goes with the next one, unless it may still be written', async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  await openIn(folder)
  const names = ['wartezimmer.part', 'wartezimmer-3f2a.part', 'wartezimmer-77b0.part', 'other.part']
  for (const name of names) {
    writeFileSync(join(target, name), 'half')
    if (!name.includes('77b0')) utimesSync(join(target, name), new Date(), new Date(Date.now() - 11 * 60_000))
  }
  backUp(folder, target, NOW)
  assert.equal(
    readdirSync(target).filter((name) => name.endsWith('.part')),
    ['other.part', 'wartezimmer-77b0.part'],
  )
})

test("a fault in settings that are none of a backup's keeps none from being made", async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  await openIn(folder)
  const faulty = { WZ_ADMINS_FILE: '/nowhere', WZ_CODE_KEY: 'short' }
  const env = { PATH: process.env.PATH, WZ_DATA_DIR: folder, ...faulty }
  await run(process.execPath, [command, target], { env })
  assert.is(readdirSync(target).length, 1)
})

test('a copy that cannot be made says why and leaves nothing behind', async () => {
  const [folder, target] = [tempFolder(), tempFolder()]
  const env = { PATH: process.env.PATH, WZ_DATA_DIR: folder }
  const failing = async (args: string[]) => {
    try {
      await run(process.execPath, [command, ...args], { env })
    } catch (fault) {
      const { code, stderr } = fault as { code: number; stderr: string }
      return [code, stderr] as const
    }
    throw new Error('a failure was expected')
  }
  const [code, said] = await failing([target])
  assert.is(code, 1)
  assert.match(said, /The data folder .* cannot be used/)
  for (const args of [[], ['--help'], [target, target]]) {
    const [code, said] = await failing(args)
    assert.is(code, 2)
    assert.match(said, /^Usage/)
  }
  const record = await openIn(folder)
  writeFileSync(join(target, 'file'), '')
  assert.match((await failing([join(target, 'file')]))[1], /^No copy can be made in .*file: /)
  rmSync(join(target, 'file'))
  await record.close()
  writeFileSync(join(folder, 'wartezimmer.db'), 'no database')
  assert.is((await failing([target]))[0], 1)
  assert.equal(readdirSync(target), [])
  rmSync(target, { recursive: true })
})

test.run()
