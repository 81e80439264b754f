/** The doctor beside the compiled server: what it finds, what it leaves alone, what it never says. Networks: network/. */
import { execFile } from 'node:child_process'
import { chmodSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { type Context, processes, start } from './process-support.ts'
import { tempFolder } from './record-support.ts'
import { FIRST, SECOND } from './tls-support.ts'

const run = promisify(execFile)
const DOCTOR = fileURLToPath(new URL('../dist/doctor.js', import.meta.url))
const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'

const test = processes('doctor')

/** Runs it. @returns how it exits, and what it says is wrong */
async function examine({ folder: cwd }: Context, env: Record<string, string>) {
  // Whether this machine's own clock is set is no matter of the test's.
  const options = { cwd, env: { PATH: '/nowhere', ...env } }
  const { code, stdout, stderr } = await run(process.execPath, [DOCTOR], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (fault) => fault as { code: number; stdout: string; stderr: string },
  )
  assert.is(stderr, '')
  for (const line of stdout.trim().split('\n')) assert.match(line, /^(ok {3}|wrong) {2}[^:]+.*: \S/)
  return { code, said: stdout, wrong: stdout.split('\n').filter((line) => line.startsWith('wrong')) }
}

/** A server with links that lead to it. */
async function started(context: Context, env: Record<string, string> = {}) {
  const server = start(context, env)
  const port = String(await server.listening)
  return { ...server, env: { ...env, WZ_PORT: port, WZ_PUBLIC_URL: `http://localhost:${port}` } }
}

/** What the server itself writes meanwhile is its own affair. */
const contents = (folder: string) => readdirSync(folder).map((name) => `${name} ${statSync(join(folder, name)).mode}`)

test('R93: beside a running server all is well, exit 0, and nothing has come into its folder', async (context) => {
  const { env, child, exit } = await started(context)
  const before = contents(join(context.folder, 'data'))
  const { code, said, wrong } = await examine(context, env)
  assert.equal([code, wrong], [0, []], said)
  assert.match(said, /^ok {5}public address: leads to this server$/m)
  assert.equal(contents(join(context.folder, 'data')), before)
  child.kill('SIGTERM')
  assert.is((await exit).code, 0)
})

test('R93: faults of the configuration are all told, and no secret is, nor is one ever', async (context) => {
  const faulty = await examine(context, { WZ_PORT: 'x', WZ_NOISE: SECRET, WZ_TURN_SECRET: SECRET })
  assert.is(faulty.code, 1)
  assert.is(faulty.wrong.length, 3)
  symlinkSync('circle', join(context.folder, 'circle'))
  assert.match((await examine(context, { WZ_ADMINS_FILE: 'circle' })).wrong.join(), 'there is nothing to read')
  const secrets = { WZ_ADMIN_TOKENS: `admin:${SECRET}`, WZ_CODE_KEY: SECRET.toLowerCase() }
  const { env } = await started(context, secrets)
  const found = await examine(context, {
    ...env,
    WZ_TURN_URLS: 'turn:localhost:9',
    WZ_TURN_SECRET: SECRET,
    WZ_ALLOW_HTTP: 'on',
  })
  assert.is(found.wrong.length, 2, found.said)
  assert.match(found.said, /^wrong {2}turn:localhost:9: It cannot be reached \(no answer\): /m)
  for (const { said } of [faulty, found]) assert.not.match(said, new RegExp(SECRET, 'i'))
})

test('R93: a folder that others may use, a damaged database, a key that is lost or another one', async (context) => {
  const { env, child, exit } = await started(context)
  const data = join(context.folder, 'data')
  chmodSync(join(data, 'code.key'), 0o644)
  chmodSync(data, 0o777)
  const open = await examine(context, env)
  assert.is(open.wrong.length, 2, open.said)
  for (const advice of ['chmod 700 ./data', 'chmod 600 data/code.key']) assert.ok(open.said.includes(advice), open.said)
  chmodSync(join(data, 'code.key'), 0o600)
  chmodSync(data, 0o700)

  assert.match((await examine(context, { ...env, WZ_CODE_KEY: SECRET })).wrong.join(), 'made with another key')
  renameSync(join(data, 'code.key'), join(data, 'kept'))
  assert.match((await examine(context, env)).wrong.join(), 'is missing: put back')
  renameSync(join(data, 'kept'), join(data, 'code.key'))
  child.kill('SIGTERM')
  await exit
  writeFileSync(join(data, 'wartezimmer.db'), 'no database', { mode: 0o600 })
  assert.match((await examine(context, env)).said, /^wrong {2}database: /m)
})

test('R93: a server that does not run, one that is elsewhere, and another one behind the public address', async (context) => {
  const { env, child, exit } = await started(context)
  const elsewhere = await examine(context, { ...env, WZ_PORT: '9' })
  assert.match(elsewhere.wrong.join(), 'One has the folder, but none answers at http://127.0.0.1:9')
  const other = { ...context, folder: tempFolder() }
  const { env: theirs } = await started(other)
  const misled = await examine(context, { ...env, WZ_PUBLIC_URL: theirs.WZ_PUBLIC_URL })
  assert.is(misled.wrong.length, 1, misled.said)
  assert.match(misled.wrong.join(), 'Another Wartezimmer answers there, not this one')
  child.kill('SIGKILL')
  await exit
  const dead = await examine(context, env)
  assert.is(dead.wrong.length, 2, dead.said)
  assert.match(dead.wrong.join(), /server: None answers at .*ECONNREFUSED.*start it/)
})

test('R93: it leaves nothing in the folder of a server that was stopped, or killed', async (context) => {
  const data = join(context.folder, 'data')
  const all = () =>
    readdirSync(data).map((name) => {
      const { size, mtimeMs } = statSync(join(data, name))
      return [name, size, name.endsWith('-shm') || mtimeMs]
    })
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const { env, child, exit } = await started(context)
    child.kill(signal)
    await exit
    const before = all()
    assert.match((await examine(context, env)).said, /^ok {5}database: whole/m)
    assert.equal(all(), before, signal)
  }
})

test('R93: a server that speaks HTTPS itself: its certificate, and one that was renewed and not taken', async (context) => {
  const files = { WZ_TLS_CERT_FILE: join(context.folder, 'cert'), WZ_TLS_KEY_FILE: join(context.folder, 'key') }
  const put = ({ cert, key }: typeof FIRST) => {
    writeFileSync(files.WZ_TLS_CERT_FILE, cert)
    writeFileSync(files.WZ_TLS_KEY_FILE, key, { mode: 0o600 })
  }
  put(FIRST)
  const { env: plain, child, exit } = await started(context, { ...files, WZ_HOST: 'localhost' })
  const env = { ...plain, WZ_PUBLIC_URL: plain.WZ_PUBLIC_URL.replace('http:', 'https:') }
  writeFileSync(join(context.folder, 'ca'), FIRST.cert)
  const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(context.folder, 'ca') }
  assert.equal((await examine(context, trusting)).wrong, [])
  assert.match((await examine(context, env)).wrong.join(), /certificate of localhost:\d+: Browsers refuse it/)
  put(SECOND)
  assert.match((await examine(context, trusting)).wrong.join(), 'another one than the file: send it SIGHUP')
  writeFileSync(files.WZ_TLS_KEY_FILE, FIRST.key)
  assert.match((await examine(context, trusting)).wrong.join(), /WZ_TLS_CERT_FILE, WZ_TLS_KEY_FILE: .*mismatch/)
  child.kill('SIGTERM')
  assert.is((await exit).code, 0)
})

test.run()
