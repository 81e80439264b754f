/** The Dockerfile, read instruction by instruction: what the container may and may not be (R59). */
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

type Instruction = { name: string; words: string }

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

/** All instructions, continued lines joined and comments left out, in stages that begin with FROM. */
const stages: Instruction[][] = []
for (const line of read('Dockerfile')
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')) {
  const [, name = '', words = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
  if (name === 'FROM') stages.push([])
  if (name !== '') stages.at(-1)?.push({ name, words })
}
const shipped = stages.at(-1) ?? []
const wordsOf = (name: string, stage = shipped) => stage.filter((one) => one.name === name).map(({ words }) => words)

test('R59: the process runs as a user without rights, from the last instruction on', () => {
  const user = wordsOf('USER').at(-1)
  assert.ok(user !== undefined && !/^(root|0)(:|$)/.test(user), `USER ${user}`)
  const after = shipped.slice(shipped.findLastIndex(({ name }) => name === 'USER'))
  assert.equal(
    after.filter(({ name }) => name === 'RUN' || name === 'COPY'),
    [],
    'what is in the image belongs to root',
  )
})

test('R59: there is one volume, and it is the data folder', () => {
  assert.equal(wordsOf('VOLUME'), ['/data'])
  assert.match(wordsOf('ENV').join(' '), /\bWZ_DATA_DIR=\/data\b/)
  assert.match(wordsOf('RUN').join(' '), /install -d -o node -g node -m 0700 \/data\b/)
})

test('R59: server and health check are programs that there are, with no shell between them and a signal', () => {
  const commands = [...wordsOf('CMD'), ...wordsOf('HEALTHCHECK').map((words) => words.replace(/^.*\bCMD /, ''))]
  assert.is(commands.length, 2)
  for (const command of commands) {
    const [node, program = '', ...more] = JSON.parse(command)
    assert.equal([node, more], ['node', []])
    assert.ok(existsSync(new URL(`../${program.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')}`, import.meta.url)), program)
  }
  assert.equal(wordsOf('ENTRYPOINT'), [])
})

test('R59: what is shipped was built elsewhere, without compilers and development dependencies', () => {
  const copied = wordsOf('COPY')
  assert.ok(copied.every((words) => words.startsWith('--from=')))
  const [from] = copied.flatMap((words) => /^--from=(\w+) \S+\/node_modules /.exec(words)?.[1] ?? [])
  const stage = stages.find((all) => all[0]?.words.endsWith(` AS ${from}`))
  assert.match(wordsOf('RUN', stage).join(), '--omit=dev')
  assert.not.match(wordsOf('RUN').join(), /apt-get|npm (ci|install)/)
})

test('R59: no secret can get into the image: none is set, and only sources are given to the build', () => {
  for (const stage of stages) {
    assert.not.match([...wordsOf('ENV', stage), ...wordsOf('ARG', stage)].join(' '), /token|secret|key|passw/i)
    assert.not.match(wordsOf('COPY', stage).join('\n'), /^\.\s|\s\.env/m, 'never the whole folder')
  }
  const [first, ...allowed] = read('.dockerignore').trim().split('\n')
  assert.is(first, '*')
  assert.equal(allowed, ['!package.json', '!package-lock.json', '!.npmrc', '!tsconfig.json', '!src'])
})

test.run()
