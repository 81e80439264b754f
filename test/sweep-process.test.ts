/** The process that sweeps beside the server, both compiled, and what is left when either of them is killed (R35). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Context, start } from './process-support.ts'
import { bytesIn, keepSessions, openIn, tempFolder } from './record-support.ts'

/** The sweep of that many takes more than a second. */
const ROWS = 10_000

const test = suite<Context>('sweep-process')

test.before.each((context) => {
  context.folder = tempFolder()
  context.running = []
  const record = openIn(join(context.folder, 'data'))
  const row = { room: 'canary', start: 0, end: 1, participants: 2, reason: 'ended' as const, reference: null }
  keepSessions(
    record,
    Array.from({ length: ROWS }, () => ({ ...row, id: record.newId(0) })),
  )
  record.close()
})
test.after.each(({ running }) => {
  for (const child of running) child.kill('SIGKILL')
})

/** Turns a question into its answer, which has to come within half a minute. */
async function until<Answer>(ask: () => Answer | undefined | Promise<Answer | undefined>): Promise<Answer> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('it did not come')
}

/** What the system knows of a process; undefined when that is over. */
function proc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return
  }
}

const hasEnded = (pid: number) => /^\d+ \(.*\) Z|^$/s.test(proc(pid, 'stat') ?? '') || undefined

async function startSweeping(context: Context) {
  const {
    child: server,
    exit,
    listening,
  } = start(context, {
    WZ_TURN_SECRET: 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE',
    WZ_TURN_URLS: 'turn:turn.praxis.example',
  })
  const port = await listening
  const pid = server.pid ?? 0
  const sweeper = await until(() => Number.parseInt(proc(pid, `task/${pid}/children`) ?? '', 10) || undefined)
  const readyz = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    return { code: answer.status, ...((await answer.json()) as { status: string; lastSweep: number | null }) }
  }
  return { server, exit, sweeper, readyz }
}

test('R35: while it sweeps the server is ready; it learns no setting of the server; afterwards nothing is left', async (context) => {
  const { sweeper, readyz } = await startSweeping(context)
  assert.match(proc(sweeper, 'cmdline') ?? '', 'sweep-process')
  assert.not.match(proc(sweeper, 'environ') ?? 'WZ_', 'WZ_')
  assert.equal(await readyz(), { code: 200, status: 'ready', wiped: true, lastSweep: null, clockDisagreesBySeconds: 0 })
  await until(async () => (await readyz()).lastSweep ?? undefined)
  assert.ok(await until(() => hasEnded(sweeper)))
  assert.not.ok(bytesIn(join(context.folder, 'data')).includes('canary'))
})

test('R35: it ends when the server is killed, and the next server goes on', async (context) => {
  const { server, sweeper } = await startSweeping(context)
  server.kill('SIGKILL')
  assert.ok(await until(() => hasEnded(sweeper)))
  assert.ok(bytesIn(join(context.folder, 'data')).includes('canary'), 'it did not run to its end')
  const next = await startSweeping(context)
  await until(async () => (await next.readyz()).lastSweep ?? undefined)
  assert.not.ok(bytesIn(join(context.folder, 'data')).includes('canary'))
})

test('R35: when it is killed the server says that the sweep failed, and goes on', async (context) => {
  const { server, exit, sweeper, readyz } = await startSweeping(context)
  process.kill(sweeper, 'SIGKILL')
  const state = await until(async () => {
    const now = await readyz()
    return now.code === 503 ? now : undefined
  })
  assert.equal(state, { code: 503, status: 'sweep_failing', wiped: false, lastSweep: null, clockDisagreesBySeconds: 0 })
  server.kill('SIGTERM')
  assert.is((await exit).code, 0)
})

test.run()
