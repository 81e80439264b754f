/** What only the Dockerfile's text can show (R59): versions, and what no build is given. The image: container/. */
import { readFileSync } from 'node:fs'
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

test('R59: every stage builds upon the version of Node that development and tests have', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
  const [build = '', ...others] = stages.flatMap((stage) => wordsOf('FROM', stage))
  assert.is(build, `node:${devDependencies.node}-bookworm-slim AS build`)
  assert.equal(others, [build.replace(' AS build', '')])
})

test('R59: there is one volume, and it is the data folder', () => {
  assert.equal(wordsOf('VOLUME'), ['/data'])
  assert.match(wordsOf('ENV').join(' '), /\bWZ_DATA_DIR=\/data\b/)
})

test('R59: no secret can get into the image: none is set, and only sources are given to the build', () => {
  for (const stage of stages) {
    assert.not.match([...wordsOf('ENV', stage), ...wordsOf('ARG', stage)].join(' '), /token|secret|key|passw/i)
    assert.not.match(wordsOf('COPY', stage).join('\n'), /^\.\s|\s\.env/m, 'never the whole folder')
  }
  const [first, ...allowed] = read('.dockerignore').trim().split('\n')
  assert.is(first, '*')
  const scripts = ['scripts/build.js', 'scripts/client-package.ts', 'scripts/pages.ts']
  const given = ['package.json', 'package-lock.json', '.npmrc', 'LICENSE', 'tsconfig.json', ...scripts, 'src']
  assert.equal(
    allowed,
    given.map((path) => `!${path}`),
  )
})

test.run()
