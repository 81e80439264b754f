/** What a server is put through: each rule by the shortest way to see it. */
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../../src/protocol/messages.ts'
import { type ServerRule, serverRules, Verdict } from './rules.ts'
import { Wire } from './wire.ts'

/** How long it takes to see that nothing comes, ms. */
const NOTHING = 500

/** @param url of the server, http or https. @param token of an admin, who may mint */
export async function judgeServer(url: string, token: string): Promise<Verdict<ServerRule>> {
  const verdict = new Verdict(serverRules)
  const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/v1/signal`

  async function open(to = address, protocol: string[] = [SUBPROTOCOL]): Promise<Wire> {
    const socket = new WebSocket(to, protocol)
    const wire = new Wire(socket)
    await once(socket, 'open')
    return wire
  }
  const refuses = (to: string, protocol?: string[]) =>
    open(to, protocol).then(
      () => false,
      () => true,
    )
  async function mint(): Promise<{ host: string; guest: string }> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ roles: ['host', 'guest'] })
    const response = await fetch(new URL('/v1/codes', url), { method: 'POST', headers, body })
    if (response.status !== 201) throw new Error(`minting was answered with ${response.status}`)
    const { codes } = (await response.json()) as { codes: { code: string }[] }
    return { host: codes[0]?.code ?? '', guest: codes[1]?.code ?? '' }
  }
  async function join(code: string, name?: string, more: object = {}): Promise<Wire> {
    const wire = await open()
    wire.say({ type: 'join', id: 1, code, ...(name && { name }), ...more })
    return wire
  }
  /** Judges one rule; whatever fails in it is a complaint. */
  async function judge(rule: ServerRule, act: () => Promise<string | false | undefined>): Promise<void> {
    verdict.note(rule, await act().catch((error: Error) => error.message))
  }
  const refusal = async (wire: Wire) => (await wire.next('error')).code
  const expected = (what: unknown, wanted: unknown) => what !== wanted && `${what} instead of ${wanted}`

  /** A host and a guest, and what they were told. */
  async function meet() {
    const codes = await mint()
    const host = await join(codes.host)
    const hostSeat = await host.next('joined')
    const guest = await join(codes.guest, 'Anna')
    const seat = await guest.next('joined')
    await host.next('knock')
    return { codes, host, guest, hostSeat, seat, guestPeer: seat.peer, hostPeer: hostSeat.peer }
  }
  async function consult() {
    const met = await meet()
    met.host.say({ type: 'admit', id: 2, peer: met.guestPeer })
    const admitted = await met.guest.next('admitted')
    const joined = await met.host.next('peer-joined')
    return { ...met, admitted, joined }
  }

  await judge('query', async () => !(await refuses(`${address}?x=1`)) && 'it was accepted')
  await judge('subprotocol', async () => !(await refuses(address, [])) && 'it was accepted')
  await judge('plainGet', async () => {
    const { status, headers } = await fetch(address.replace(/^ws/, 'http'))
    return expected(status, 426) || (!headers.get('content-type')?.includes('problem+json') && 'no problem document')
  })
  await judge('first', async () => {
    const wire = await open()
    wire.say({ type: 'ping' })
    const code = await refusal(wire)
    wire.say({ type: 'join', code: (await mint()).guest, name: 'Anna' })
    await wire.next('joined')
    return expected(code, 'not_joined')
  })
  await judge('malformed', async () => expected(await refusal(await join('K7M-4XQ-9T0', 'Anna')), 'code_malformed'))
  await judge('named', async () => {
    const { host, guest } = await mint()
    await (await join(host)).next('joined')
    return expected(await refusal(await join(guest)), 'name_required')
  })
  await judge('typed', async () => {
    await (await join(` ${(await mint()).guest.toLowerCase().replaceAll('-', ' ')} `, 'Anna')).next('joined')
    return false
  })

  await judge('waiting', async () => {
    const { host: hostCode, guest: guestCode } = await mint()
    const guest = await join(guestCode, 'Anna')
    await guest.next('joined')
    const before = (await guest.next('waiting')).host
    const host = await join(hostCode)
    await host.next('joined')
    const after = (await guest.next('waiting')).host
    host.say({ type: 'notice', id: 2, text: 'Gleich geht es los.' })
    await guest.next('notice')
    return expected(`${before}, ${after}`, 'absent, present')
  })
  const { host, guest, guestPeer, hostPeer, seat, admitted, joined, codes } = await consult()
  verdict.note('lobby', !host.heard.some(({ type }) => type === 'lobby') && 'no lobby')
  verdict.note('knock', expected(seat.role, 'guest'))
  verdict.note('re', expected(seat.re, 1))
  verdict.note('admitted', expected(admitted.peers[0]?.peer, hostPeer) || expected(joined.peer, guestPeer))
  verdict.note('polite', expected(admitted.peers[0]?.polite, !joined.polite))
  await judge('private', async () => {
    const others = guest.texts.filter((text) => text.includes('lobby') || text.includes('knock'))
    return others.length > 0 && 'a guest hears of the waiting room'
  })
  await judge('data', async () => {
    const data = '{"b":1e2,  "a":["\\u0041"]}'
    guest.say(`{"type":"signal","id":2,"to":"${hostPeer}","data":${data}}`)
    await host.next('signal')
    return !host.texts.at(-1)?.includes(data) && 'it has come as something else'
  })
  await judge('repeated', async () => {
    guest.say({ type: 'signal', id: 2, to: hostPeer, data: 'again' })
    await wait(NOTHING)
    return host.texts.some((text) => text.includes('again')) && 'it was carried out again'
  })
  await judge('schema', async () => {
    guest.say({ type: 'signal', id: 3, to: hostPeer, data: 'more', colour: 'red' })
    return (
      expected(await refusal(guest), 'bad_message') ||
      (host.texts.some((text) => text.includes('more')) && 'it was handed on')
    )
  })
  await judge('states', async () => {
    guest.say({ type: 'admit', id: 4, peer: guestPeer })
    const forbidden = await refusal(guest)
    guest.say({ type: 'join', id: 5, code: codes.guest, name: 'Anna' })
    return expected(forbidden, 'forbidden') || expected(await refusal(guest), 'already_joined')
  })
  await judge('seq', async () => {
    const numbers = guest.heard.flatMap(({ seq }) => seq ?? [])
    return numbers.some((seq, index) => seq !== index + 1) && numbers.join(' ')
  })
  await judge('away', async () => {
    guest.cut()
    await host.next('peer-away')
    host.say({ type: 'signal', id: 3, to: guestPeer, data: 'meanwhile' })
    return false
  })
  const last = guest.heard.at(-1)?.seq ?? 0
  const back = await open()
  await judge('replayed', async () => {
    back.say({ type: 'resume', token: seat.resume.token, epoch: seat.epoch, seq: last, name: 'Anna' })
    const { lossless, id } = await back.next('resumed')
    await host.next('peer-back')
    return expected(lossless, true) || expected(id, 5)
  })
  await judge('kept', async () => expected((await back.next('signal')).data, 'meanwhile'))
  await judge('whole', async () => {
    const again = await open()
    again.say({ type: 'resume', token: seat.resume.token, epoch: seat.epoch + 1, seq: 0, name: 'Anna' })
    const { lossless, state } = await again.next('resumed')
    await again.next('admitted')
    return expected(lossless, false) || expected(state, 'admitted') || expected(await back.closed, 4501)
  })
  await judge('taken', async () => {
    const refused = await refusal(await join(codes.guest, 'Anna'))
    await (await join(codes.guest, 'Anna', { takeover: true })).next('joined')
    return expected(refused, 'code_in_use')
  })
  await judge('size', async () => {
    host.say({ type: 'notice', id: 4, text: 'x'.repeat(70_000) })
    return expected(await host.closed, 1009)
  })

  await judge('held', async () => {
    const { host, guest, guestPeer } = await consult()
    host.say({ type: 'hold', id: 3, peer: guestPeer })
    await guest.next('held')
    await guest.next('waiting')
    return expected((await host.next('peer-left')).reason, 'held')
  })
  await judge('denied', async () => {
    const { host, guest, guestPeer } = await meet()
    host.say({ type: 'deny', id: 2, peer: guestPeer, reason: 'Heute nicht.' })
    return expected((await guest.next('denied')).reason, 'Heute nicht.') || expected(await guest.closed, 4502)
  })
  await judge('ended', async () => {
    const { host, guest } = await consult()
    host.say({ type: 'end', id: 3 })
    await guest.next('ended')
    await host.next('ended')
    return expected(await guest.closed, 4503)
  })
  await judge('gone', async () => {
    const { guest, seat } = await meet()
    guest.say({ type: 'leave', id: 2 })
    await guest.closed
    const late = await open()
    late.say({ type: 'resume', token: seat.resume.token, epoch: seat.epoch, seq: 1, name: 'Anna' })
    return expected(await refusal(late), 'seat_expired') || expected(await late.closed, 4504)
  })
  return verdict
}
