/** What a configuration table's row is. */
import type { Read } from './values.ts'

export type Setting<Value> = {
  name: `WZ_${string}`
  /** As it would be written; undefined where there is none. */
  default?: string
  unit?: string
  meaning: string
  /** May also be given as NAME_FILE, the path of a file that holds it. */
  secret?: true
  read: Read<Value>
}

export const setting = <Value>(setting: Setting<Value>): Setting<Value> => setting

/** The value of a row without a default may be missing. */
export const optional = <Value>(read: Read<Value>): Read<Value | undefined> => read
