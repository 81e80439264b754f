/** The quadlet in scripts/deploy as arguments of `podman run`, as podman-systemd.unit(5) translates its lines. */
import { readFileSync } from 'node:fs'

const FLAGS: Record<string, (value: string) => string[]> = {
  ContainerName: (value) => ['--name', value],
  Network: (value) => ['--network', value],
  Environment: (value) => ['--env', value],
  EnvironmentFile: (value) => ['--env-file', value],
  Secret: (value) => ['--secret', value],
  Volume: (value) => ['--volume', value],
  ReadOnly: () => ['--read-only'],
  ReadOnlyTmpfs: (value) => [`--read-only-tmpfs=${value}`],
  DropCapability: (value) => ['--cap-drop', value],
  NoNewPrivileges: () => ['--security-opt', 'no-new-privileges'],
  PodmanArgs: (value) => value.split(' '),
  LogDriver: (value) => ['--log-driver', value],
}

const text = readFileSync(new URL('../../scripts/deploy/wartezimmer.container', import.meta.url), 'utf8')

/** The command in its comments that makes the secret. */
export const makeSecret = /openssl rand .*podman secret create .*/.exec(text)?.[0] ?? 'false'

/**
 * @param instead values that this machine has others for
 * @throws for a line that podman would not know
 */
export function quadletArgs(instead: Record<string, string>): string[] {
  const [, section = ''] = /^\[Container\]\n(.*?)^\[/ms.exec(text) ?? []
  const lines = section.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  let image = ''
  const flags = lines.flatMap((line) => {
    const [, name = '', value = ''] = /^(\w+)=(.+)$/.exec(line) ?? []
    if (name === 'Image') image = value
    else if (!FLAGS[name]) throw new Error(`podman does not know ${line}`)
    return FLAGS[name]?.(instead[name] ?? value) ?? []
  })
  return [...flags, image]
}
