/**
 * What scripts/deploy has for Prometheus and Grafana, as Prometheus itself reads it (R93), and whether a running server
 * has what it asks for. Needs prometheus and prometheus-blackbox-exporter, and a network namespace with nothing but loopback.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { tempFolder } from '../record-support.ts'
import { Client } from '../server-support.ts'
import { FIRST } from '../tls-support.ts'

const deploy = fileURLToPath(new URL('../../scripts/deploy/', import.meta.url))
const folder = tempFolder()
for (const name of ['wartezimmer-rules.yml', 'prometheus.yml', 'grafana.json'])
  cpSync(join(deploy, name), join(folder, name))
cpSync(new URL('prometheus-rules.yml', import.meta.url), join(folder, 'tests.yml'))

const promtool = (...args: string[]) => execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
const rules = readFileSync(join(folder, 'wartezimmer-rules.yml'), 'utf8')
const dashboard = JSON.parse(readFileSync(join(folder, 'grafana.json'), 'utf8')) as {
  panels: { title: string; targets: { expr: string }[] }[]
}
/** All that the dashboard asks, with what Grafana puts in for its variables. */
const asked = dashboard.panels.flatMap(({ targets }) =>
  targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*')),
)

test('R93: promtool finds nothing to warn of, and each rule is set off by what it is for, and by nothing else', () => {
  assert.match(
    promtool('check', 'rules', '--lint=all', '--lint-fatal', 'wartezimmer-rules.yml'),
    /SUCCESS: \d+ rules found/,
  )
  assert.match(promtool('test', 'rules', 'tests.yml'), 'SUCCESS')
  const own = readFileSync(join(folder, 'prometheus.yml'), 'utf8').replace(/\/etc\/prometheus/g, folder)
  writeFileSync(join(folder, 'prometheus.yml'), own)
  writeFileSync(join(folder, 'wartezimmer-token'), 'x')
  assert.match(promtool('check', 'config', 'prometheus.yml'), 'SUCCESS')
  const tested = readFileSync(join(folder, 'tests.yml'), 'utf8')
  for (const [, name = ''] of rules.matchAll(/alert: (\w+)/g)) assert.ok(tested.includes(`alertname="${name}"`), name)
})

test('R93: promtool reads every question of the dashboard', () => {
  assert.ok(asked.length > 15)
  const each = asked.map((expr, n) => `  - {record: 'asked:${n}', expr: ${JSON.stringify(expr)}}`)
  writeFileSync(join(folder, 'asked.yml'), `groups:\n- name: asked\n  rules:\n${each.join('\n')}\n`)
  assert.match(promtool('check', 'rules', 'asked.yml'), `SUCCESS: ${asked.length} rules found`)
})

test('R93: every metric that is asked for is there: at a running server, and about its certificate at the exporter', async () => {
  const server = await spawnServer()
  const { codes } = await server.mint()
  const client = new Client(server.url)
  await client.opened
  await client.refused('{}')
  client.send({ type: 'join', code: codes[1] ?? '', name: 'Anna' })
  await client.next('joined')
  const own = await server.call('GET', '/metrics')
  client.drop()
  await server.stop()
  const metrics = new Map([own, await certificateMetrics()].flatMap((text) => [...seriesIn(text)]))
  const exprs = [...asked, ...[...rules.matchAll(/expr: (.+)/g)].map(([, expr = '']) => expr)]
  const names = new Set(exprs.flatMap((expr) => expr.match(/\b(wartezimmer|nodejs|process|probe)_\w+/g) ?? []))
  assert.ok(names.size > 20)
  for (const name of names) {
    // Labels of a series that is there only once something was refused, or somebody came back, are those of the page.
    assert.ok(metrics.has(name) || own.includes(`# TYPE ${name} `), name)
  }
  for (const expr of exprs)
    for (const [, name = '', selector = ''] of expr.matchAll(/\b(wartezimmer_\w+)\{([^}]*)\}/g))
      for (const [, label = ''] of selector.matchAll(/(\w+)(?:=|!=|=~)"/g))
        assert.ok(label === 'instance' || metrics.get(name)?.has(label), `${name} has no ${label}`)
})

/** The series of an answer, with the names of their labels. */
function* seriesIn(text: string): Generator<[string, Set<string>]> {
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm))
    yield [name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label))]
}

/** What the exporter says of a server with a certificate, as prometheus.yml asks it. */
async function certificateMetrics(): Promise<string> {
  const site = createServer(FIRST, (_request, response) => response.end()).listen(0, 'localhost')
  await new Promise((resolve) => site.once('listening', resolve))
  const { port } = site.address() as { port: number }
  const config = 'modules: {http_2xx: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}}\n'
  writeFileSync(join(folder, 'blackbox.yml'), config)
  const exporter = spawn('prometheus-blackbox-exporter', ['--config.file', join(folder, 'blackbox.yml')], {
    stdio: 'ignore',
  })
  try {
    const url = `http://127.0.0.1:9115/probe?module=http_2xx&target=https://localhost:${port}/`
    for (let patience = 100; ; patience--) {
      const answer = await fetch(url).catch((fault) => {
        if (patience === 0) throw fault
      })
      if (answer) return await answer.text()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    exporter.kill()
    site.close()
    site.closeAllConnections()
  }
}

test.run()
