/** How deep JSON is nested, counted without parsing it. */
import { MAX_DEPTH } from '../protocol/messages.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Whether JSON that is known to be valid is nested deeper than it may be. */
export function isTooDeep(json: string): boolean {
  if (!hasManyBrackets(json)) return false
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const sign = json.charCodeAt(at)
    if (sign === QUOTE) at = endOfString(json, at)
    else if (sign === 0x5b || sign === 0x7b)
      depth += 1 // [ {
    else if (sign === 0x5d || sign === 0x7d) depth -= 1 // ] }
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** Where the string ends that begins here. Brackets in it do not count. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

/** Nearly nothing has so many that it could be too deep, and to count them costs less than to go through all. */
function hasManyBrackets(json: string): boolean {
  let count = 0
  for (const bracket of '[{') {
    for (let at = json.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = json.indexOf(bracket, at + 1)) count += 1
  }
  return count > MAX_DEPTH
}
