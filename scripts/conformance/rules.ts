/** What is judged: sentences of the protocol, word for word as its page has them, by a short name. */

export const clientRules = {
  subprotocol: 'Open a WebSocket at `/v1/signal` with the subprotocol `wartezimmer.v1`.',
  address: 'Put nothing into the address: a query string is refused, since addresses end up in logs.',
  token: 'Keep the token in `sessionStorage` at most, and out of addresses and logs.',
  text: 'Every frame is text and holds one JSON object, with a `type`, nested at most 64 deep; one from a client has at most 64 KiB.',
  first: 'The first frame is `join` or `resume`, of at most 4 KiB, within 10 seconds.',
  schema: 'Frames with unknown types or fields, missing fields or wrong types are refused and change nothing.',
  ids: 'greater than on the frame before.',
  large: 'A frame from the server may be longer: take up to 512 KiB.',
  lenient: 'ignore messages and fields that you do not know.',
  pong: 'The server pings every 25 seconds and takes a connection that is silent for 10 more as lost.',
  silence: 'Say `ping` after half a minute of silence, and connect again where no `pong` comes.',
  call: 'With each peer one RTCPeerConnection, and perfect negotiation: `polite` is your role towards it.',
  lost: 'Any other code, 1006 above all, means a lost connection: connect again and resume, with growing pauses.',
  resume:
    '`resume` with the `token` and `epoch` that you were given last and the last `seq` that you saw, on a new connection.',
  named: 'The `name` goes with it, since the server may have forgotten it.',
  media: 'Media between browsers goes on meanwhile: do not hang up.',
  replayed: 'With `lossless: true` all that you missed follows, in order, and nothing else',
  restart: 'The server may be killed and restarted at any time.',
  signals: 'so send commands after it again, but no signals.',
  restarting: 'After 1012 wait a random time of up to 5 seconds first.',
  throttled: 'Where `retryAfter` was said, wait so long.',
  stop: 'after 4500 to 4999 stop and tell the person.',
} as const

export const serverRules = {
  query: 'Put nothing into the address: a query string is refused, since addresses end up in logs.',
  subprotocol: 'Without it the upgrade is refused.',
  plainGet:
    '`fetch` the same address with plain GET: the answer is a problem document with the reason, or `upgrade_required` (426) where an upgrade would have worked.',
  first: 'Anything else is refused with `not_joined`, whatever is in it, and leaves time for a right one.',
  size: 'Every frame is text and holds one JSON object, with a `type`, nested at most 64 deep; one from a client has at most 64 KiB.',
  schema: 'Frames with unknown types or fields, missing fields or wrong types are refused and change nothing.',
  repeated:
    'A frame whose `id` was seen already is ignored, so after a reconnect you may repeat whatever you are not sure of.',
  re: 'What answers it says `re` with the same number.',
  seq: "it numbers the frames to your seat 1, 2, 3 … within the seat's `epoch`.",
  malformed: '`code_malformed` means a typing error and says nothing about what codes there are.',
  typed: 'Codes may be typed in any case, with or without hyphens and spaces',
  named: 'Guests must give a name (`name_required`), hosts may.',
  waiting:
    'A waiting guest hears `waiting` with whether the host is there, `notice`, and in the end `admitted` or `denied`.',
  private: 'It learns nothing of other guests, not even how many there are.',
  lobby: 'A host hears `lobby` after every join and resume: all guests of the room, the admitted ones as well',
  knock: '`knock` says that a guest has come.',
  states: 'What a sender may say by role and state, and the state it is in afterwards; or the error it gets.',
  admitted: '`admitted` lists the peers that are there, and the ICE servers. Those who are there hear `peer-joined`.',
  polite: '`polite` is your role towards it.',
  data: 'The data goes on as it came, byte for byte, if the fields of the frame are written in the order `type`, `id`, `to`, `data`; otherwise it is written anew.',
  kept: '`signal` to a peer that is away is kept until it comes back.',
  away: 'Others hear `peer-away`, and `peer-back` afterwards.',
  replayed: 'With `lossless: true` all that you missed follows, in order, and nothing else',
  whole: 'Otherwise nothing partial is sent but the whole state',
  taken: 'ask the person, then say `join` again with `takeover: true`, on a new connection.',
  held: '`held` means that you are in the waiting room again: close all, and drop what you knew of peers.',
  denied: 'in the end `admitted` or `denied`.',
  ended: 'Guests that `end` concerns are closed with 4503',
  gone: 'The server answers `seat_expired` and closes with 4504 when the seat is gone',
} as const

export type ClientRule = keyof typeof clientRules
export type ServerRule = keyof typeof serverRules

/** The verdict on each rule: the first complaint counts, and nothing is good that was never seen. */
export class Verdict<Rule extends string> {
  readonly #rules: Readonly<Record<Rule, string>>
  readonly #seen = new Map<Rule, string | undefined>()

  constructor(rules: Readonly<Record<Rule, string>>) {
    this.#rules = rules
  }

  /** @param complaint what is wrong; undefined where it is right, so far */
  note(rule: Rule, complaint?: string | false): void {
    this.#seen.set(rule, this.#seen.get(rule) ?? (complaint || undefined))
  }

  get failed(): boolean {
    return [...this.#seen.values()].some((complaint) => complaint !== undefined)
  }

  lines(): string[] {
    return (Object.entries(this.#rules) as [Rule, string][]).map(([rule, sentence]) => {
      const complaint = this.#seen.get(rule)
      const mark = complaint ? 'FAIL' : this.#seen.has(rule) ? 'ok  ' : '-   '
      return `${mark} ${rule.padEnd(12)} "${sentence}"${complaint ? `\n     ${complaint}` : ''}`
    })
  }
}
