/** Reads who the admins are: from WZ_ADMIN_TOKENS, and from the file that WZ_ADMINS_FILE names. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Admin, allRights, type Practice, type Right } from './admins.ts'
import { asText, type Fault, listOf, matching, objectOf, type ReadJson, readAt, wholeNumber } from './json-value.ts'
import { isSecret } from './secret-file.ts'
import { StartupError } from './startup-error.ts'
import { givesCamera, secret, webAddress } from './values.ts'

const right: ReadJson<Right> = (value) => {
  const known = allRights.find((one) => one === value)
  if (known === undefined) throw `one of ${allRights.join(', ')}`
  return known
}

const readList = (least: number) =>
  listOf(
    objectOf(
      {
        name: matching(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, hyphens, underscores'),
        token: asText(secret),
        tokenSha256: matching(/^[0-9a-f]{64}$/, 'a SHA-256 hash, 64 hexadecimal digits in small letters'),
        rights: listOf(right, 'a list of rights, at least one', 1),
      },
      'name',
      'rights',
    ),
    `a list of admins${least > 0 ? ', at least one' : ''}`,
    least,
  )

const readPractices = listOf(
  objectOf(
    {
      rooms: matching(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/,
        'what the names of its rooms begin with: 1 to 32 letters, digits, dots, hyphens, underscores',
      ),
      publicUrl: asText(webAddress),
      codesPerDay: wholeNumber(0, 1_000_000),
      seats: wholeNumber(1, 1_000_000),
      admins: readList(1),
    },
    'rooms',
    'admins',
  ),
  'a list of practices',
)

/** What names those who may do everything. */
const TOKENS = 'WZ_ADMIN_TOKENS'

const readFile = objectOf({ admins: readList(0), practices: readPractices })

/** The only form in which tokens are compared. */
export const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

type Given = {
  adminTokens?: readonly { name: string; token: string }[] | undefined
  adminsFile?: string | undefined
  allowHttp?: 'on' | 'off' | undefined
}

/** An admin as far as it could be read, and where it stands. */
type Found = Partial<Admin> & { at: string }

/**
 * All admins, as settings and file name them now. Those of WZ_ADMIN_TOKENS have all rights, in all rooms.
 * Throws a StartupError with every fault, by its place and never with what stands there.
 */
export function readAdmins({ adminTokens, adminsFile, allowHttp }: Given): readonly Admin[] {
  const faults: string[] = []
  const fault: Fault = (line) => faults.push(line.startsWith(TOKENS) ? line : `WZ_ADMINS_FILE: ${line}`)
  if (adminTokens?.length === 0) fault(`${TOKENS} must name at least one admin, or be left out`)
  const small = (adminTokens ?? []).map(({ name, token }, index) => {
    return { at: `${TOKENS}.${index}`, name, tokenSha256: digestOf(token), rights: allRights }
  })
  const filed = adminsFile === undefined ? [] : inFile(adminsFile, allowHttp === 'on', fault)
  const found: Found[] = [...small, ...filed]
  differ('name', found, fault)
  differ('tokenSha256', found, fault)
  if (adminsFile !== undefined && found.length === 0 && faults.length === 0) fault('it must name at least one admin')
  if (faults.length > 0) throw new StartupError(...faults)
  return found.map(({ at, ...admin }) => admin as Admin)
}

function inFile(path: string, anyHttp: boolean, fault: Fault): Found[] {
  const { admins = [], practices = [] } = readAt('', readFile, parse(path, fault), fault) ?? {}
  const own = practices.map((one): Practice => {
    const { rooms = '', publicUrl, codesPerDay, seats } = one ?? {}
    return { rooms, publicUrl, codesPerDay, seats }
  })
  for (const [index, { publicUrl }] of own.entries()) {
    if (publicUrl && !anyHttp && !givesCamera(publicUrl)) fault(`practices.${index}.publicUrl must be https`)
  }
  stayApart(own, fault)
  return [
    ...named(admins, 'admins', fault),
    ...practices.flatMap((one, index) =>
      named(one?.admins ?? [], `practices.${index}.admins`, fault).map((admin) => ({ ...admin, practice: own[index] })),
    ),
  ] as Found[]
}

/** What cannot be read is an empty file, and a fault. */
function parse(path: string, fault: Fault): unknown {
  if (!isSecret(path)) fault(`others may read it: chmod 600 ${path}`)
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The parser's own words quote what stands there.
    const { message, code } = error as NodeJS.ErrnoException
    const [where = ''] = / \(line \d+ column \d+\)/.exec(message) ?? []
    fault(error instanceof SyntaxError ? `it is no JSON${where}` : `there is nothing to read at ${path} (${code})`)
    return {}
  }
}

type Read = NonNullable<ReturnType<ReturnType<typeof readList>>[number]>

/** Admins with where they stand, and one form of their tokens. */
const named = (admins: readonly (Read | undefined)[], list: string, fault: Fault): object[] =>
  admins.map((one, index) => {
    const at = `${list}.${index}`
    const { name, token, tokenSha256 = token && digestOf(token), rights } = one ?? {}
    if (one && 'token' in one === 'tokenSha256' in one) fault(`${at} must have either token or tokenSha256`)
    return { at, name, tokenSha256, rights }
  })

/** Of two admins with the same name, or the same token, nobody could say which one it was. */
function differ(field: 'name' | 'tokenSha256', found: readonly Found[], fault: Fault): void {
  const seen = new Map<string, string>()
  for (const { at, [field]: value } of found) {
    if (value === undefined) continue
    const before = seen.get(value)
    if (before === undefined) seen.set(value, at)
    else fault(`${at} has the same ${field === 'name' ? 'name' : 'token'} as ${before}`)
  }
}

/** Where one prefix begins with another, one practice would see the rooms of the other. */
function stayApart(practices: readonly Practice[], fault: Fault): void {
  const sorted = practices
    .map(({ rooms }, index) => ({ rooms, at: `practices.${index}.rooms` }))
    .filter(({ rooms }) => rooms !== '')
    .sort((a, b) => (a.rooms < b.rooms ? -1 : a.rooms > b.rooms ? 1 : 0))
  // Sorted, all that begin with a prefix come right behind it.
  let first = sorted[0]
  for (const next of sorted.slice(1)) {
    if (first && next.rooms.startsWith(first.rooms)) fault(`${next.at} overlaps with ${first.at}`)
    else first = next
  }
}
