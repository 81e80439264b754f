/** Reads the configuration strictly: unknown names, bad values and contradictions are all told at once. */
import { readFileSync } from 'node:fs'
import { readAdmins } from './admins-file.ts'
import { isSecret } from './secret-file.ts'
import { CAP_DAYS, settings } from './settings.ts'
import { StartupError } from './startup-error.ts'
import { givesCamera, type Setting, variableOf } from './values.ts'

type Settings = typeof settings

/** What is set; without a default, it may be missing. */
export type Config = {
  [Key in keyof Settings]:
    | ReturnType<Settings[Key]['read']>
    | (Settings[Key] extends { default: string } ? never : undefined)
}

type Env = Record<string, string | undefined>

/**
 * Reads the configuration from environment variables.
 * Throws a StartupError that names every fault: unknown WZ_ names, bad values, values that contradict.
 */
export function readConfig(env: Env): Config {
  const { config, faults } = readEach(env, Object.keys(settings) as (keyof Config)[])
  const known = new Set(
    Object.entries<Setting<unknown>>(settings).flatMap(([key, { secret }]) =>
      secret ? [variableOf(key), `${variableOf(key)}_FILE`] : [variableOf(key)],
    ),
  )
  for (const name of Object.keys(env)) {
    if (name.startsWith('WZ_') && !known.has(name)) faults.push(`${name} is unknown`)
  }
  faults.push(...contradictions(config))
  if (faults.length > 0) throw new StartupError(...faults)
  return config as Config
}

/**
 * Reads a few settings, for a program that the others do not concern: it must not fail because of them.
 * Throws a StartupError that names every fault of theirs.
 */
export function readSettings<Key extends keyof Config>(env: Env, ...keys: Key[]): Pick<Config, Key> {
  const { config, faults } = readEach(env, keys)
  if (faults.length > 0) throw new StartupError(...faults)
  return config as Pick<Config, Key>
}

/** What could not be read is left out, and a fault. */
function readEach(env: Env, keys: readonly (keyof Config)[]): { config: Partial<Config>; faults: string[] } {
  const config: Record<string, unknown> = {}
  const faults: string[] = []
  for (const key of keys) {
    const setting: Setting<unknown> = settings[key]
    const name = variableOf(key)
    try {
      const value = given(name, setting, env)
      config[key] = value === undefined ? undefined : setting.read(value)
    } catch (fault) {
      faults.push(`${name} must be ${fault}`)
    }
  }
  return { config, faults }
}

function given(name: string, { secret, default: otherwise }: Setting<unknown>, env: Env): string | undefined {
  const file = secret && env[`${name}_FILE`]
  if (!file) return env[name] || otherwise
  if (env[name]) throw `given once, not also as ${name}_FILE`
  if (!isSecret(file)) throw `in a file that others may not read: chmod 600 ${file}`
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw `readable at the path that ${name}_FILE names`
  }
}

/** Values that are good by themselves, but not together. What could not be read is left out. */
function contradictions(config: Partial<Config>): string[] {
  const { retentionDays, sweepMinutes, publicUrl, allowHttp, turnUrls, turnSecret, icePolicy } = config
  const { tlsCertFile, tlsKeyFile } = config
  const faults: string[] = []
  if (retentionDays && sweepMinutes && retentionDays + sweepMinutes / (24 * 60) > CAP_DAYS) {
    faults.push(`WZ_RETENTION_DAYS and WZ_SWEEP_MINUTES must be at most ${CAP_DAYS} days together`)
  }
  if (publicUrl && allowHttp === 'off' && !givesCamera(publicUrl)) {
    faults.push('WZ_PUBLIC_URL must be https: browsers give a page no camera otherwise (WZ_ALLOW_HTTP=on for tests)')
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined))
    faults.push('WZ_TLS_CERT_FILE and WZ_TLS_KEY_FILE must be given together')
  if (tlsCertFile && publicUrl?.startsWith('http:')) faults.push('WZ_PUBLIC_URL must be https with WZ_TLS_CERT_FILE')
  if (turnUrls && 'turnSecret' in config && turnUrls.length > 0 !== (turnSecret !== undefined))
    faults.push('WZ_TURN_URLS and WZ_TURN_SECRET must be given together')
  if (icePolicy === 'relay' && turnUrls?.length === 0) faults.push('WZ_ICE_POLICY=relay needs WZ_TURN_URLS')
  faults.push(...faultsOf(() => readAdmins(config)))
  return faults
}

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act()
    return []
  } catch (fault) {
    if (fault instanceof StartupError) return fault.faults
    throw fault
  }
}
