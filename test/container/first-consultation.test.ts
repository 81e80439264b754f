/**
 * The README's way from a checkout to a first consultation, each line of it run as it stands there, and timed: Caddy, coturn
 * and the image, each with the rights it has in the Compose file, and two browsers that reach each other over TURN alone.
 *
 * What is not as it stands there: podman-compose carries it out, which writes no `configs` and has other log drivers;
 * Caddy is its own authority, since none can be asked from here; Caddy and coturn are Debian's (run.sh); names are in
 * /etc/hosts. What is not there: getting Docker and the checkout, and waiting for DNS and an authority.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { admit, hostOpens, launchBrowser, patientWaits } from '../browser/support.ts'
import { until } from '../browser/watching.ts'
import { relayed } from '../network/coturn.ts'
import { openInternet, SERVERS } from '../network/internet.ts'
import { blockOf, DOMAIN } from '../network/proxy.ts'

assert.ok(process.env.CONTAINERS_STORAGE_CONF, 'start it with npm run test:container, which builds the image')

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const [, compose = '', commands = ''] = /^```yaml\n(x-confined.*?)^```$.*?^```sh\n(.*?)^```$/ms.exec(readme) ?? []

const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
mkdirSync(join(folder, 'praxis'))
mkdirSync(join(folder, 'bin'))
const write = (name: string, text: string, mode = 0o644) => writeFileSync(join(folder, name), text, { mode })

/** Replaces what has to be another thing here. */
function here(text: string, ...changes: [string, string][]): string {
  return changes.reduce((all, [from, to]) => {
    assert.ok(all.includes(from), from)
    return all.replaceAll(from, to)
  }, text)
}

const PUBLIC = 'certificates/acme-v02.api.letsencrypt.org-directory/'
write('praxis/Caddyfile', here(blockOf('caddyfile'), [`${DOMAIN} {`, `${DOMAIN} {\n\ttls internal`]))
const [, conf = ''] = /content: \|\n(.*?)^\S/ms.exec(compose) ?? []
write(
  'praxis/compose.yaml',
  here(
    compose,
    ['driver: local, options: { max-size: 10m, max-file: "3" }', 'driver: k8s-file, options: { max-size: 10m }'],
    ['configs: [turnserver.conf]', ''],
    // By default podman allows more than this machine may have.
    ['core: 0 }', 'core: 0, nofile: 20000 }'],
    ['ulimits: {', 'ulimits: { nproc: 32768,'],
    ['[caddy:/caddy:ro]', '[caddy:/caddy:ro, ./turnserver.conf:/turnserver.conf:ro]'],
  ),
)
// What Compose would write from `configs`, once the secret is there.
const turnserver = here(conf, [PUBLIC, 'certificates/local/']).replace(/^ {6}/gm, '')
const configs = 'sed "s/[$]{TURN_SECRET:[^}]*}/$(sed \'s/TURN_SECRET=//\' .env)/" ../turnserver.conf > turnserver.conf'
write('turnserver.conf', turnserver)
write(
  'bin/docker',
  `#!/bin/sh -e\nshift\ncd ${folder}/praxis\n[ "$1" = up ] && ${configs}\nexec podman-compose -f compose.yaml "$@"\n`,
  0o755,
)
// This version of it asks for a network beside the host's, which podman refuses.
const others =
  'while [ $# != 0 ]; do case $1 in --net | --network-alias) shift 2 ;; *) args+=("$1"); shift ;; esac; done'
write('bin/podman', `#!/bin/bash\nargs=()\n${others}\nexec /usr/bin/podman "\${args[@]}"\n`, 0o755)
write('hosts', `127.0.0.1 localhost\n${SERVERS} ${DOMAIN}\n`)
// In the mount namespace that run.sh has made for all this.
execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts'])
const internet = await openInternet()
execFileSync('podman', ['tag', 'wartezimmer', 'praxis_wartezimmer'])
// For TURN Chromium asks for the name with a dot at its end, which it looks for in no file.
const args = ['--ignore-certificate-errors', `--host-resolver-rules=MAP ${DOMAIN}* ${SERVERS}`]
const browsers = await Promise.all(
  (['patient', 'practice'] as const).map((person) =>
    launchBrowser('granted', { executablePath: internet.chromiumOf(person), args }),
  ),
)
test.after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  await run('podman', ['rm', '--all', '--force', '--time', '2'])
  await run('umount', ['/etc/hosts'])
  rmSync(folder, { recursive: true })
})

/** Whether Caddy shows a certificate. */
const certified = () =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: DOMAIN, port: 443, servername: DOMAIN, rejectUnauthorized: false })
    socket.on('secureConnect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('secureConnect', () => socket.destroy())
  })

test('R93: the README\u2019s lines lead from a checkout to a consultation behind Caddy that goes over coturn', async () => {
  // Firewalls as in many clinics: both reach the pages and TURN's first port, and never each other.
  internet.rule('through', 'drop')
  internet.rule('own', 'iifname { patient, practice } tcp dport 443 accept')
  internet.rule('own', 'iifname { patient, practice } udp dport 3478 accept')
  internet.rule('own', 'iifname { patient, practice } meta l4proto { tcp, udp } drop')
  const started = performance.now()
  const passed = (what: string) => console.log(`# ${((performance.now() - started) / 1000).toFixed(1)} s  ${what}`)
  const said: string[] = []
  for (const line of commands.trim().split('\n')) {
    if (line.includes('restart coturn')) await until(certified, (yes) => yes)
    const options = { cwd: join(folder, 'praxis'), env: { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` } }
    const { stdout, stderr } = await run('sh', ['-c', line], options)
    said.push(stdout)
    if (process.env.LOUD) console.log(`$ ${line}\n${stdout}${stderr}`)
    passed(line)
  }
  const [doctor = '', codes = ''] = said.slice(-2)
  const wrong = doctor.split(/\r?\n/).filter((line) => line.startsWith('wrong'))
  assert.ok(
    wrong.every((line) => /certificate of/.test(line)),
    wrong.join('\n'),
  )
  const [host = '', guest = ''] = [...codes.matchAll(/^(?:host|guest) +(\S+)/gm)].map(([, code]) => code)
  const [patients, practice] = browsers as [(typeof browsers)[number], (typeof browsers)[number]]
  const url = { url: `https://${DOMAIN}` }
  const patient = await patientWaits(patients, url, guest, 'Anna')
  const therapist = await hostOpens(practice, url, host)
  await admit(therapist, 'Anna')
  await relayed([patient, therapist])
  passed('both see each other, from relay to relay')
  console.log(`# and the image before: ${process.env.BUILT_WITHIN ?? '?'} s`)
})

test.run()
