/** The data folder and the database file: rights, versions, secrets, and what a start says when it cannot. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { StartupError } from '../src/config/startup-error.ts'
import { keepAdminToken, keepCodeKey } from '../src/record/folder.ts'
import { idMaker } from '../src/record/uuid.ts'
import { by, NOW, openIn, tempFolder } from './record-support.ts'

function startFault(act: () => unknown): string {
  try {
    act()
  } catch (fault) {
    assert.instance(fault, StartupError)
    return (fault as StartupError).message
  }
  throw new Error('a StartupError was expected')
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('the folder is made with 0700 and every file in it with 0600, whatever the umask allows', () => {
  const umask = process.umask(0)
  try {
    const folder = join(tempFolder(), 'deep', 'data')
    keepAdminToken(folder)
    const record = openIn(folder)
    record.mint({ roles: ['guest'] }, by(NOW))
    assert.is(mode(folder), '700')
    const files = readdirSync(folder).sort()
    const database = ['wartezimmer.db', 'wartezimmer.db-shm', 'wartezimmer.db-wal']
    assert.equal(files, ['admin-token', 'code.key', 'lock', ...database])
    for (const file of files) assert.is(mode(join(folder, file)), '600', file)
    record.close()
  } finally {
    process.umask(umask)
  }
})

test('R57a: files that others may read stop the start, each with a line, and so does a folder that others may write to', () => {
  const folder = join(tempFolder(), 'data')
  openIn(folder).close()
  const files = readdirSync(folder).map((name) => join(folder, name))
  for (const path of files) chmodSync(path, 0o644)
  chmodSync(folder, 0o777)
  assert.equal(startFault(() => openIn(folder)).split('\n'), [
    `Others may write to ${folder} (WZ_DATA_DIR): chmod 700 ${folder}`,
    ...files.map((path) => `Others may read ${path} (WZ_DATA_DIR): chmod 600 ${path}`),
  ])
  for (const path of files) assert.is(mode(path), '644', 'nothing is mended in silence')
  // As Kubernetes gives a volume to a group of the pod's own; as a file system for everybody's temporary files.
  for (const [ofFile, ofFolder] of [
    [0o660, 0o2770],
    [0o600, 0o1777],
    [0o600, 0o755],
  ] as const) {
    for (const path of files) chmodSync(path, ofFile)
    chmodSync(folder, ofFolder)
    openIn(folder).close()
  }
})

test('a secret is made once, of 32 random bytes, and then kept', () => {
  const folder = tempFolder()
  const key = keepCodeKey(folder)
  assert.is(Buffer.from(key, 'base64url').length, 32)
  assert.is(keepCodeKey(folder), key)
  assert.is.not(keepAdminToken(folder), key)
  assert.is.not(keepCodeKey(tempFolder()), key)
})

test('a secret file that is too short to be one stops the start, and is not shown', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'code.key'), 'changeme\n', { mode: 0o600 })
  const message = startFault(() => keepCodeKey(folder))
  assert.match(message, 'fewer than 32 characters')
  assert.not.match(message, 'changeme')
})

test('a folder that cannot be made or written stops the start with one line that names it', () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  for (const dataDir of [file, join(file, 'data')]) {
    const message = startFault(() => openIn(dataDir))
    assert.ok(message.includes(dataDir) && message.includes('WZ_DATA_DIR'), message)
    assert.not.match(message, '\n')
  }
  const folder = tempFolder()
  mkdirSync(join(folder, 'wartezimmer.db'), { mode: 0o700 })
  assert.match(
    startFault(() => openIn(folder)),
    'cannot be used',
  )
})

test('a file that is no database stops the start and is left alone', () => {
  const folder = tempFolder()
  const path = join(folder, 'wartezimmer.db')
  writeFileSync(path, 'this is something else, and long enough to be looked at '.repeat(30), { mode: 0o600 })
  const before = readFileSync(path)
  assert.match(
    startFault(() => openIn(folder)),
    'not a database',
  )
  assert.equal(readFileSync(path), before)
})

test('a database of a newer version stops the start and is left alone', () => {
  const folder = tempFolder()
  const path = join(folder, 'wartezimmer.db')
  openIn(folder).close()
  const database = new Database(path)
  database.pragma('user_version = 99')
  database.close()
  const before = readFileSync(path)
  assert.match(
    startFault(() => openIn(folder)),
    /version 99.*up to \d+/,
  )
  assert.equal(readFileSync(path), before)
})

test('a second start finds what the first one kept, with the key in the folder or a given one', () => {
  for (const options of [{}, { codeKey: 'k'.repeat(40) }]) {
    const folder = tempFolder()
    const first = openIn(folder, options)
    const symbols = first.mint({ room: 'r1', roles: ['guest'] }, by(NOW)).codes[0]?.symbols ?? ''
    first.close()
    const second = openIn(folder, options)
    assert.is(second.checkCode(symbols, NOW).room, 'r1')
    second.close()
  }
})

test('the database is in WAL mode, its tables are strict, and its version is set', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const database = new Database(join(folder, 'wartezimmer.db'), { readonly: true })
  assert.is(database.pragma('journal_mode', { simple: true }), 'wal')
  assert.ok((database.pragma('user_version', { simple: true }) as number) >= 1)
  const tables = database.pragma('table_list') as { schema: string; name: string; type: string; strict: number }[]
  const ours = tables.filter(({ name, type }) => type === 'table' && !name.startsWith('sqlite_'))
  assert.ok(ours.length >= 3)
  assert.equal(
    ours.filter(({ strict }) => strict === 0),
    [],
  )
  database.close()
  record.close()
})

test('ids are UUIDs of version 7 that sort by time, within a millisecond and when the clock goes back too', () => {
  const newId = idMaker()
  const times = [NOW, NOW, NOW + 1, NOW - 5_000, NOW + 2, ...Array.from({ length: 5_000 }, () => NOW + 2), NOW + 9]
  const ids = times.map((time) => newId(time))
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal([...ids].sort(), ids)
  assert.is(new Set(ids).size, ids.length)
  assert.is(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16), NOW)
})

test.run()
