/** What the tests look at: the pictures that really arrive, the media connections, the page's banner. */
import { isDeepStrictEqual } from 'node:util'
import * as assert from 'uvu/assert'
import { admit, DEADLINE, hostOpens, type openPractice, patientWaits, type Window } from './support.ts'

/** All that is needed to look at a page, whoever drives it. */
export type Shown = Pick<Window, 'page'>

/** Waits until a condition holds, looking again and again; fails with the last value seen. */
export async function until<Value>(
  look: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
  ms = DEADLINE,
): Promise<Value> {
  const end = Date.now() + ms
  for (;;) {
    const value = await look()
    if (holds(value)) return value
    if (Date.now() > end) throw new Error(`still not after ${ms} ms: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits until something is this. */
export const becomes = async <Value>(look: () => Promise<Value> | Value, value: Value): Promise<void> =>
  void (await until(look, (now) => isDeepStrictEqual(now, value)))

/** Pictures arrive from as many others, over connections that stand, and go on arriving. */
export async function picturesRun(window: Shown, others = 1): Promise<void> {
  const good = (all: Media[]) =>
    all.length === others && all.every(({ dtls, decoded }) => dtls === 'connected' && decoded > 0)
  const before = await until(() => media(window), good)
  await until(
    () => media(window),
    (now) => now.length === others && now.every(({ decoded }, index) => decoded > (before[index]?.decoded ?? 0) + 3),
  )
}

/** Sound that can be heard arrives from as many others, and goes on arriving. */
export async function soundRuns(window: Shown, others = 1): Promise<void> {
  const before = await until(
    () => media(window),
    (all) => all.length === others,
  )
  await until(
    () => media(window),
    (now) => now.length === others && now.every(({ energy }, index) => energy > (before[index]?.energy ?? 0) + AUDIBLE),
  )
}

/** The one other's microphone is switched off: what goes on arriving is silence. */
export async function soundIsSilent(window: Shown): Promise<void> {
  const look = async () => (await media(window))[0] ?? { energy: 0, packets: 0 }
  await until(
    async () => {
      const before = await look()
      const now = await until(look, ({ packets }) => packets > before.packets + 100)
      return now.energy - before.energy
    },
    (grown) => grown < AUDIBLE,
  )
}

/** Of silence, however long, there is less than this. */
const AUDIBLE = 1e-4

/** One end of the way that the media take: `via` is how the TURN server is reached, where one is used. */
type End = { type: string; port: number; via: string }

/** `packets`, `energy`: of the sound that has arrived; silence has packets, but no energy. */
export type Media = {
  decoded: number
  packets: number
  energy: number
  dtls: string
  width: number
  pairs: string[]
  local?: End
  remote?: End
}

/** What the browser itself says of all its running peer connections, summed up. */
export function media({ page }: Shown): Promise<Media[]> {
  return page.evaluate(async () => {
    const all = (window as unknown as { connections: RTCPeerConnection[] }).connections
    const open = all.filter(({ connectionState }) => connectionState !== 'closed')
    return Promise.all(
      open.map(async (pc) => {
        const result: Media = { decoded: 0, packets: 0, energy: 0, dtls: '', width: 0, pairs: [] }
        const stats = await pc.getStats()
        const end = (id: string): End => {
          const { candidateType, port, relayProtocol = '' } = stats.get(id)
          return { type: candidateType, port, via: relayProtocol }
        }
        for (const report of stats.values()) {
          if (report.type === 'inbound-rtp' && report.kind === 'video') {
            result.decoded += report.framesDecoded ?? 0
            result.width = report.frameWidth ?? 0
          }
          if (report.type === 'inbound-rtp' && report.kind === 'audio') {
            result.packets += report.packetsReceived ?? 0
            result.energy += report.totalAudioEnergy ?? 0
          }
          if (report.type === 'transport') {
            result.dtls = report.dtlsState
            const pair = stats.get(report.selectedCandidatePairId)
            if (pair) Object.assign(result, { local: end(pair.localCandidateId), remote: end(pair.remoteCandidateId) })
          }
          if (report.type === 'candidate-pair' && report.nominated) result.pairs.push(report.state)
        }
        return result
      }),
    )
  })
}

/** The answers to the page's resumes. */
export const resumes = ({ frames }: Window) => frames.filter((frame) => frame.type === 'resumed')
/** Waits for the page to say this about its connection. */
export const banner = ({ page }: Window, text: string) => page.locator('#banner').getByText(text).waitFor()
/** Waits until there is nothing to say about the connection. */
export const quiet = ({ page }: Window) =>
  until(
    () => page.locator('#banner').textContent(),
    (text) => text === '',
  )

/** The tracks that a page sends, over the connections that it has. */
export const sentTracks = ({ page }: Shown) =>
  page.evaluate(() =>
    (window as unknown as { connections: RTCPeerConnection[] }).connections
      .filter(({ connectionState }) => connectionState !== 'closed')
      .flatMap((pc) => pc.getSenders().flatMap(({ track }) => track ?? []))
      .map((track) => {
        const { kind, enabled, readyState } = track
        return { kind, enabled, isLive: readyState === 'live', device: track.getSettings().deviceId }
      }),
  )

/** How often the page has made a peer connection, and the ICE user name that the last one sends. */
export const ice = ({ page }: Shown) =>
  page.evaluate(() => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] }
    const sdp = connections.at(-1)?.currentLocalDescription?.sdp ?? ''
    return { made: connections.length, ufrag: /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] }
  })

/** The page has given up what it had, and begun anew or restarted ICE. */
export const triedAgain = (window: Window, { made, ufrag }: Awaited<ReturnType<typeof ice>>) =>
  until(
    () => ice(window),
    (now) => now.ufrag !== undefined && (now.made > made || now.ufrag !== ufrag),
  )

/** All have resumed with a gap: new ICE on the media connection that they had, and pictures all the while. */
export async function backOverTheSameConnection(windows: Window[], before: Awaited<ReturnType<typeof ice>>[]) {
  for (const [index, window] of windows.entries()) {
    await quiet(window)
    const [resumed] = await until(
      () => resumes(window),
      (all) => all.length > 0,
    )
    assert.is(resumed?.lossless, false)
    const after = await until(
      () => ice(window),
      ({ ufrag }) => ufrag !== before[index]?.ufrag,
    )
    assert.is(after.made, before[index]?.made, 'the media connection is the same')
    await picturesRun(window)
  }
}

/** A patient has been let in, and both see each other. @param body what is minted: a host and a guest first */
export async function consultation(
  { server, patients, practice }: Awaited<ReturnType<typeof openPractice>>,
  { body, base = server.url }: { body?: object; base?: string } = {},
) {
  const { codes, room } = await server.mint(body)
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna', base)
  const host = await hostOpens(practice, server, codes[0] ?? '', base)
  await admit(host, 'Anna')
  for (const window of [guest, host]) await picturesRun(window)
  return { guest, host, codes, room }
}
