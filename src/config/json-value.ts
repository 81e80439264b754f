/** How the values of a JSON file are read, with all their faults, each by its place: `practices.3.rooms must be …`. */
import type { Read } from './values.ts'

/** Takes note of a fault, as a line that begins with its place. */
export type Fault = (line: string) => void

/** Reads a value; throws a string that completes “PLACE must be …”, or notes what is wrong further inside. */
export type ReadJson<Value> = (value: unknown, at: string, fault: Fault) => Value

/** A text that is read as settings are. */
export const asText =
  <Value>(read: Read<Value>): ReadJson<Value> =>
  (value) => {
    if (typeof value !== 'string') throw 'a text'
    return read(value)
  }

export const matching =
  (pattern: RegExp, what: string): ReadJson<string> =>
  (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw what
    return value
  }

export const wholeNumber =
  (min: number, max: number): ReadJson<number> =>
  (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      throw `a whole number from ${min} to ${max}`
    return value
  }

/** A list; what could not be read of it is undefined there. */
export const listOf =
  <Value>(read: ReadJson<Value>, what: string, least = 0): ReadJson<(Value | undefined)[]> =>
  (value, at, fault) => {
    if (!Array.isArray(value) || value.length < least) throw what
    return value.map((item, index) => readAt(`${at}.${index}`, read, item, fault))
  }

type Fields<Value> = { [Name in keyof Value]-?: ReadJson<Value[Name]> }

/** An object with these fields and no others; those that are not there, or could not be read, are undefined. */
export const objectOf =
  <Value extends object>(fields: Fields<Value>, ...required: (keyof Value & string)[]): ReadJson<Partial<Value>> =>
  (value, at, fault) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw 'an object'
    const given = value as { [Name in keyof Value]?: unknown }
    const place = (name: string) => (at === '' ? name : `${at}.${name}`)
    for (const name of Object.keys(given)) {
      // What is no plain word might be anything, a token too.
      if (!Object.hasOwn(fields, name)) fault(`${place(/^[a-z]\w{0,20}$/i.test(name) ? name : 'something')} is unknown`)
    }
    for (const name of required) if (!Object.hasOwn(given, name)) fault(`${place(name)} is missing`)
    const read = (Object.keys(fields) as (keyof Value & string)[])
      .filter((name) => Object.hasOwn(given, name))
      .map((name) => [name, readAt(place(name), fields[name], given[name], fault)])
    return Object.fromEntries(read)
  }

/** @returns undefined where it could not be read, which is noted */
export function readAt<Value>(at: string, read: ReadJson<Value>, value: unknown, fault: Fault): Value | undefined {
  try {
    return read(value, at, fault)
  } catch (rule) {
    if (typeof rule !== 'string') throw rule
    fault(`${at || 'it'} must be ${rule}`)
    return undefined
  }
}
