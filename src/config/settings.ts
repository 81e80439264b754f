/** The configuration as one table: every environment variable, its default, unit and meaning. `turnSecret` is WZ_TURN_SECRET. */
import { image } from './image-file.ts'
import { limits } from './limits.ts'
import {
  admin,
  iceUrl,
  integer,
  link,
  list,
  network,
  oneOf,
  origin,
  type Setting,
  secret,
  secretPath,
  shortText,
  TIME_ZONE,
  text,
  timeZone,
  webAddress,
} from './values.ts'

/** Retention plus sweep interval may not exceed this: the shortest three months have 89 days. */
export const CAP_DAYS = 88

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export const settings = {
  host: { default: '127.0.0.1', meaning: 'address it listens on', read: text },
  port: { default: '8080', meaning: 'port it listens on; 0 takes a free one', read: integer(0, 65535) },
  publicUrl: {
    meaning:
      'address that patients and practice use: base of the links, and of the pages that may connect; without it http://localhost:PORT',
    read: webAddress,
  },
  dataDir: { default: './data', meaning: 'folder of database, key and generated admin token', read: text },
  adminTokens: {
    secret: true,
    meaning:
      'name:token, comma-separated, tokens of at least 32 characters; they may do everything; without it, and without a file of admins, the first start makes one named admin in DATA_DIR/admin-token; a file is read again on SIGHUP',
    read: list(admin),
  },
  adminsFile: {
    meaning:
      'JSON file of admins with rights, and of practices with rooms, address and quotas of their own: /docs/admins; read again on SIGHUP',
    read: text,
  },
  codeKey: {
    secret: true,
    meaning:
      'key of the code hashes, at least 32 characters; without it the first start makes DATA_DIR/code.key. Several, comma-separated or in lines: the first makes new codes, the others still open theirs',
    read: secret,
  },
  tlsCertFile: {
    meaning: 'certificate with its chain, PEM: with it the server speaks HTTPS itself; read again on SIGHUP',
    read: text,
  },
  tlsKeyFile: { meaning: 'key of that certificate, PEM', read: secretPath },
  allowedOrigins: {
    default: '',
    meaning: 'further origins whose pages may connect, comma-separated',
    read: list(origin),
  },
  trustedProxies: {
    default: '',
    meaning: 'addresses or CIDR networks of proxies whose X-Forwarded headers count, comma-separated',
    read: list(network),
  },
  allowHttp: {
    default: 'off',
    meaning: 'on: accept plain HTTP from outside, which browsers give no camera; for tests only',
    read: oneOf('on', 'off'),
  },
  stunUrls: { default: '', meaning: 'STUN servers for browsers, comma-separated', read: list(iceUrl('stun')) },
  turnUrls: { default: '', meaning: 'TURN servers for browsers, comma-separated', read: list(iceUrl('turn')) },
  turnSecret: {
    secret: true,
    meaning: "the TURN servers' static-auth-secret; a file is read again on SIGHUP",
    read: secret,
  },
  turnTtlSeconds: {
    default: '3600',
    unit: 's',
    meaning: 'how long TURN credentials are valid; they are renewed after half of it',
    read: integer(60, 86_400),
  },
  icePolicy: { default: 'all', meaning: 'all, or relay: media only over TURN', read: oneOf('all', 'relay') },
  resumeSeconds: {
    default: '120',
    unit: 's',
    meaning: 'how long the seat of a lost connection is kept',
    read: integer(1, 3600),
  },
  retentionDays: {
    default: '30',
    unit: 'days',
    meaning: 'how long the connection record is kept; with the sweep interval at most 88 days',
    read: integer(1, CAP_DAYS),
  },
  sweepMinutes: { default: '60', unit: 'min', meaning: 'how often what is due is deleted', read: integer(1, 24 * 60) },
  timeZone: {
    default: TIME_ZONE,
    meaning: "IANA name of the time zone of the patient's letter, and of times without an offset at minting",
    read: timeZone,
  },
  pages: { default: 'on', meaning: 'on or off: the reference pages / and /praxis', read: oneOf('on', 'off') },
  practiceName: { meaning: 'name of the practice, at the top of the pages; at most 80 characters', read: shortText },
  practiceLogo: {
    meaning: 'path of its logo, which stands beside the name: SVG, PNG, JPEG or WebP, at most 256 KiB',
    read: image,
  },
  imprintUrl: { meaning: 'address of the Impressum, which the pages link to before a name is typed', read: link },
  privacyUrl: { meaning: 'address of the privacy notice, likewise', read: link },
  accessibilityUrl: {
    meaning: 'address of your own accessibility statement, likewise; without it /docs/barrierefreiheit',
    read: link,
  },
  logLevel: { default: 'info', meaning: LEVELS.join(', '), read: oneOf(...LEVELS) },
  ...limits,
} satisfies Record<string, Setting<unknown>>
