/** A log that nobody reads never stops the server (R62): the compiled one, with every kind of output that there is. */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { socketsOf } from '../scripts/support/sockets.ts'
import { first, MAIN, processes, start } from './process-support.ts'
import { TOKEN } from './server-support.ts'

const test = processes('unread log')
test.after.each(({ folder }) => {
  if (existsSync(join(folder, 'pid')) && !existsSync(join(folder, 'code'))) process.kill(pidIn(folder), 'SIGKILL')
})

const pidIn = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8'))

/** Nobody reads the line that would tell the port; undefined while it does not listen. */
function portIn(folder: string): number | undefined {
  const isThere = existsSync(join(folder, 'pid')) && pidIn(folder) > 0
  return isThere ? socketsOf(pidIn(folder)).find(({ listens }) => listens)?.port : undefined
}

/** How long anything may take; who is stuck takes longer. */
const DEADLINE = 30_000

async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (const end = Date.now() + DEADLINE; Date.now() < end; await wait(20)) {
    const value = look()
    if (value) return value
  }
  throw new Error('it stands still')
}

/** So many requests, one behind the other on one connection, each of which is a line in the log. */
async function request(times: number, port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(DEADLINE, () => socket.destroy(new Error('it stands still')))
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(times))
  let answered = 0
  for await (const chunk of socket) {
    answered += String(chunk).split('{"status":"ok"}').length - 1
    if (answered === times) break
  }
}

/** A pipe of the system's, where Node would make a socket. */
function pipe(folder: string): number {
  execFileSync('mkfifo', [join(folder, 'pipe')])
  return openSync(join(folder, 'pipe'), 'r+')
}

const SCRIPT = `'${process.execPath}' '${MAIN}' & echo $! >pid; wait $!; echo $? >code`
const SHELL = ['sh', '-c', SCRIPT]
/** A terminal whose other side stands still, as after Ctrl-S. */
const TERMINAL = ['script', '--quiet', '--command', SCRIPT, '/dev/null']

/** What the log is written to, and what that takes. */
const OUTPUTS: [string, string[], (folder: string) => number | 'pipe'][] = [
  ['a pipe that nobody reads', SHELL, pipe],
  ['a socket that nobody reads', SHELL, () => 'pipe'],
  ['a terminal that stands still', TERMINAL, pipe],
  ['a full disk', SHELL, () => openSync('/dev/full', 'w')],
]

for (const [what, [program = '', ...args], open] of OUTPUTS) {
  test(`R62: where its log leads to ${what}, it goes on, counts what is lost, and stops in good order`, async ({
    folder,
    running,
  }) => {
    const output = open(folder)
    const own = { WZ_PORT: '0', WZ_LOG_LEVEL: 'debug', WZ_ADMIN_TOKENS: `test:${TOKEN}` }
    const env = { PATH: process.env.PATH, ...own }
    running.push(spawn(program, args, { cwd: folder, env, stdio: ['ignore', output, 'inherit'] }))
    if (output !== 'pipe') closeSync(output)
    const port = await until(() => portIn(folder))
    await request(4_000, port)
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
    const [, lost] = /^wartezimmer_log_lines_dropped_total (\d+)$/m.exec(await metrics.text()) ?? []
    assert.ok(Number(lost) > 0, `${lost} lines were lost`)
    process.kill(pidIn(folder), 'SIGTERM')
    const code = join(folder, 'code')
    assert.is(await until(() => (existsSync(code) ? readFileSync(code, 'utf8') : '')), '0\n')
  })
}

test('the line of an error that ends it is written, without its message', async (context) => {
  const server = start(context, {}, first('process.on("SIGUSR2", () => { throw new Error("An" + "na") })'))
  await server.listening
  server.child.kill('SIGUSR2')
  const { code, stdout, stderr } = await server.exit
  assert.is(code, 1)
  assert.match(stdout, /"level":"error".*"where":"process","error":{"type":"Error"/)
  assert.not.match(stdout + stderr, /Anna/)
})

test.run()
