/**
 * Runs test files, each in a process of its own and against a deadline, and trusts none of them: uvu
 * passes silently when a hook throws or `.run()` is forgotten, and hangs on a leaked handle. A file
 * has passed only if it exits 0 and says that it ran at least one test, all passed and none skipped. What a file has measured it
 * says in lines that begin with `# `: they are shown.
 *
 * node --import tsx test/run.ts [FILE | FOLDER]…   without arguments: every test/*.test.ts
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How many files at a time. */
const JOBS = Number(process.env.TEST_JOBS ?? 1)
const DEADLINE = Number(process.env.TEST_DEADLINE_SECONDS ?? 300) * 1000

type Result = { file: string; passed: number; failed: number; output: string }

const testsIn = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path)
        .filter((name) => name.endsWith('.test.ts'))
        .sort()
        .map((name) => join(path, name))

function run(file: string): Promise<Result> {
  return new Promise((resolve) => {
    const started = Date.now()
    const child = spawn(process.execPath, ['--import', 'tsx', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let late = false
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, DEADLINE)
    child.on('close', (code) => {
      clearTimeout(timer)
      const count = (word: string) => Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? 0)
      const total = count('Total')
      const passed = count('Passed')
      const skipped = count('Skipped')
      const only = /\.only\s*\(/.test(readFileSync(file, 'utf8'))
      const complaint =
        (late && 'still running at the deadline: a handle is leaked, or it hangs') ||
        (total === 0 && 'ran no test') ||
        (skipped > 0 && 'skipped tests') ||
        (only && 'holds a .only') ||
        (code !== 0 && `exit code ${code}`)
      const good = complaint === false && passed === total
      console.log(
        `${good ? 'ok  ' : 'FAIL'} ${file}  ${passed}/${total}  ${((Date.now() - started) / 1000).toFixed(1)} s`,
      )
      for (const [, line] of output.matchAll(/^(?:[•✘] )*# (.*)/gm)) console.log(`     ${line}`)
      if (!good) console.log(`     ${complaint || 'not all passed'}\n${output}`)
      resolve({ file, passed, failed: good ? 0 : Math.max(1, total - passed), output })
    })
  })
}

const given = process.argv.slice(2)
const files = (given.length > 0 ? given : ['test']).flatMap(testsIn)
const results: Result[] = []
async function runNext(): Promise<void> {
  for (let file = files.shift(); file !== undefined; file = files.shift()) results.push(await run(file))
}
await Promise.all(Array.from({ length: JOBS }, runNext))

const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0)
const failed = sum((result) => result.failed)
console.log(`${sum((result) => result.passed)} passed, ${failed} failed`)
process.exitCode = failed > 0 || results.length === 0 ? 1 : 0
