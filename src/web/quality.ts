/** How well a connection does, from what the browser counts: what is lost on the way, and how long that is. */

/** Whether one notices the line. */
export type Quality = 'good' | 'weak'

type Counts = { packets: number; lost: number }
const counts = new WeakMap<RTCPeerConnection, Counts>()

/** Of so many packets lost, or so many ms on the way and back, one notices it. */
const LOSS = 0.05
const SLOW = 0.5

/**
 * How a connection has done since the last look.
 * @returns 'weak' where picture and sound stutter; undefined before there is anything to compare
 */
export async function qualityOf(pc: RTCPeerConnection): Promise<Quality | undefined> {
  const reports = [...(await pc.getStats()).values()] as Record<string, unknown>[]
  const sum = (name: string) =>
    reports.reduce((sum, report) => sum + (report.type === 'inbound-rtp' ? Number(report[name] ?? 0) : 0), 0)
  const now = { packets: sum('packetsReceived'), lost: sum('packetsLost') }
  const before = counts.get(pc)
  counts.set(pc, now)
  if (!before) return undefined
  const [packets, lost] = [now.packets - before.packets, Math.max(0, now.lost - before.lost)]
  const arrives = packets + lost > 0 ? lost / (packets + lost) : 0
  // What they say of what we send; of the worst of sound and picture.
  const sent = reports
    .filter(({ type }) => type === 'remote-inbound-rtp')
    .map(({ fractionLost }) => Number(fractionLost ?? 0))
  const pair = reports.find(
    ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
  )
  const isSlow = Number(pair?.currentRoundTripTime ?? 0) > SLOW
  return arrives > LOSS || Math.max(0, ...sent) > LOSS || isSlow ? 'weak' : 'good'
}
