/** The data folder and the database file: rights, versions, secrets, and what a start says when it cannot. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { StartupError } from '../src/config/startup-error.ts'
import { keepAdminToken, keepCodeKey } from '../src/record/folder.ts'
import { idMaker } from '../src/record/uuid.ts'
import { by, codeOf, DAY, NOW, openIn, refused, tempFolder } from './record-support.ts'

async function startFault(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (fault) {
    assert.instance(fault, StartupError)
    return (fault as StartupError).message
  }
  throw new Error('a StartupError was expected')
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('the folder is made with 0700 and every file in it with 0600, whatever the umask allows', async () => {
  const umask = process.umask(0)
  try {
    const folder = join(tempFolder(), 'deep', 'data')
    keepAdminToken(folder)
    const record = await openIn(folder)
    await record.mint({ roles: ['guest'] }, by(NOW))
    assert.is(mode(folder), '700')
    const files = readdirSync(folder).sort()
    const cold = ['wartezimmer.db', 'wartezimmer.db-shm', 'wartezimmer.db-wal']
    assert.equal(files, ['admin-token', 'code.key', 'seats.db', 'seats.db-wal', ...cold])
    for (const file of files) assert.is(mode(join(folder, file)), '600', file)
    await record.close()
  } finally {
    process.umask(umask)
  }
})

test('R57a: files that others may read stop the start, each with a line, and so does a folder that others may write to', async () => {
  const folder = join(tempFolder(), 'data')
  await (await openIn(folder)).close()
  const files = readdirSync(folder).map((name) => join(folder, name))
  for (const path of files) chmodSync(path, 0o644)
  chmodSync(folder, 0o777)
  assert.equal((await startFault(() => openIn(folder))).split('\n'), [
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
    await (await openIn(folder)).close()
  }
})

test('a secret is made once, of 32 random bytes, and then kept', async () => {
  const folder = tempFolder()
  const key = keepCodeKey(folder)
  assert.is(Buffer.from(key, 'base64url').length, 32)
  assert.is(keepCodeKey(folder), key)
  assert.is.not(keepAdminToken(folder), key)
  assert.is.not(keepCodeKey(tempFolder()), key)
})

test('a secret file that is too short to be one stops the start, and is not shown', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'code.key'), 'changeme\n', { mode: 0o600 })
  const message = await startFault(() => keepCodeKey(folder))
  assert.match(message, 'fewer than 32 characters')
  assert.not.match(message, 'changeme')
})

test('a folder that cannot be made or written stops the start with one line that names it', async () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  for (const dataDir of [file, join(file, 'data')]) {
    const message = await startFault(() => openIn(dataDir))
    assert.ok(message.includes(dataDir) && message.includes('WZ_DATA_DIR'), message)
    assert.not.match(message, '\n')
  }
  const folder = tempFolder()
  mkdirSync(join(folder, 'wartezimmer.db'), { mode: 0o700 })
  assert.match(await startFault(() => openIn(folder)), 'cannot be used')
})

test('a file that is no database stops the start and is left alone', async () => {
  const folder = tempFolder()
  const path = join(folder, 'wartezimmer.db')
  writeFileSync(path, 'this is something else, and long enough to be looked at '.repeat(30), { mode: 0o600 })
  const before = readFileSync(path)
  assert.match(await startFault(() => openIn(folder)), 'not a database')
  assert.equal(readFileSync(path), before)
})

test('a database of a newer version stops the start and is left alone', async () => {
  const folder = tempFolder()
  await (await openIn(folder)).close()
  for (const name of ['wartezimmer.db', 'seats.db']) {
    const path = join(folder, name)
    const setVersion = (to: unknown) => {
      const database = new Database(path)
      const version = database.pragma('user_version', { simple: true })
      database.pragma(`user_version = ${to}`)
      database.close()
      return version
    }
    const version = setVersion(99)
    const before = readFileSync(path)
    const message = await startFault(() => openIn(folder))
    assert.match(message, new RegExp(`${name} has schema version 99.*up to ${version}:`))
    assert.equal(readFileSync(path), before)
    setVersion(version)
  }
})

test('a second start finds what the first one kept, with the key in the folder or a given one', async () => {
  for (const options of [{}, { codeKey: 'k'.repeat(40) }]) {
    const folder = tempFolder()
    const first = await openIn(folder, options)
    const symbols = (await first.mint({ room: 'r1', roles: ['guest'] }, by(NOW))).codes[0]?.symbols ?? ''
    await first.close()
    const second = await openIn(folder, options)
    assert.is(second.checkCode(symbols, NOW).room, 'r1')
  }
})

for (const name of ['seats.db', 'wartezimmer.db']) {
  test(`a server whose ${name} is removed or replaced notices that`, async () => {
    const folder = tempFolder()
    const record = await openIn(folder)
    await record.noteAlive(NOW, [])
    const path = join(folder, name)
    renameSync(path, join(folder, 'elsewhere'))
    const replaced = () => codeOf(() => record.noteAlive(NOW, []))
    assert.is(await replaced(), 'DATA_FOLDER_REPLACED')
    writeFileSync(path, '')
    assert.is(await replaced(), 'DATA_FOLDER_REPLACED')
    renameSync(join(folder, 'elsewhere'), path)
    await record.noteAlive(NOW, [])
  })
}

test('R57a: a code key that is lost, or another one, stops the start and says what to do', async () => {
  const folder = tempFolder()
  const key = join(folder, 'code.key')
  const first = await openIn(folder)
  const symbols = (await first.mint({ roles: ['guest'] }, by(NOW))).codes[0]?.symbols ?? ''
  await first.close()
  renameSync(key, `${key}.kept`)
  assert.match(await startFault(() => openIn(folder)), /key .* is missing: put back the code.key/)
  assert.not.ok(existsSync(key), 'no other one is made in its place')
  for (const codeKey of ['a'.repeat(40), 'b'.repeat(40)]) {
    assert.match(await startFault(() => openIn(folder, { codeKey })), /another key: put back the code.key/)
  }
  renameSync(`${key}.kept`, key)
  const second = await openIn(folder)
  second.checkCode(symbols, NOW)
})

test('a new code key beside the old one: what either made is good, and the old one is missed for as long as its codes are out', async () => {
  const folder = tempFolder()
  const path = join(folder, 'code.key')
  const first = await openIn(folder)
  const minted = await first.mint({ roles: ['guest'] }, by(NOW), 'one-request')
  const symbols = minted.codes[0]?.symbols ?? ''
  const token = first.hashToken('a-token')
  await first.close()
  const old = readFileSync(path, 'utf8').trim()
  const fresh = 'f'.repeat(40)
  writeFileSync(path, `${fresh}\n${old}\n`)
  const second = await openIn(folder)
  assert.is(second.checkCode(symbols, NOW).code, minted.codes[0]?.id)
  assert.equal([second.isToken('a-token', token), second.isToken('another', token)], [true, false])
  assert.not.equal(second.hashToken('a-token'), token)
  assert.is((await second.mint({ roles: ['guest'] }, by(NOW), 'one-request')).codes[0]?.symbols, symbols, 'said again')
  const later = (await second.mint({ roles: ['guest'] }, by(NOW + 1))).codes[0]?.symbols ?? ''
  await second.close()
  writeFileSync(path, `${fresh}\n`)
  assert.match(await startFault(() => openIn(folder)), /Codes of an earlier key are still out/)
  writeFileSync(path, `${old}\n`)
  assert.match(await startFault(() => openIn(folder)), /another key/)
  writeFileSync(path, `${fresh}, short\n`)
  assert.match(await startFault(() => openIn(folder)), /at least 32 characters/)
  writeFileSync(path, `${fresh},${old}`)
  const third = await openIn(folder)
  third.checkCode(later, NOW + 1)
  await third.sweep(NOW + 88 * DAY)
  const last = (await third.mint({ roles: ['guest'] }, by(NOW + 88 * DAY))).codes[0]?.symbols ?? ''
  await third.close()
  writeFileSync(path, `${fresh}\n`)
  const fourth = await openIn(folder)
  fourth.checkCode(last, NOW + 88 * DAY)
})

test('who lost the code key starts over without the codes, and keeps the record', async () => {
  for (const options of [{}, { codeKey: 'b'.repeat(40) }]) {
    const folder = tempFolder()
    const first = await openIn(folder)
    const symbols = (await first.mint({ roles: ['guest'] }, by(NOW))).codes[0]?.symbols ?? ''
    await first.close()
    writeFileSync(join(folder, 'code.key'), 'new\n')
    const second = await openIn(folder, options)
    await refused('code_unknown', () => second.checkCode(symbols, NOW))
    assert.is((await second.listAudit({ limit: 9 }, by(NOW))).entries.length, 1)
    await second.mint({ roles: ['guest'] }, by(NOW))
    await second.close()
    await (await openIn(folder, options)).close()
  }
})

test('ids are UUIDs of version 7 that sort by time, within a millisecond and when the clock goes back too', async () => {
  const newId = idMaker()
  const times = [NOW, NOW, NOW + 1, NOW - 5_000, NOW + 2, ...Array.from({ length: 5_000 }, () => NOW + 2), NOW + 9]
  const ids = times.map((time) => newId(time))
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal([...ids].sort(), ids)
  assert.is(new Set(ids).size, ids.length)
  assert.is(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16), NOW)
})

test.run()
