/**
 * Perfect negotiation on one RTCPeerConnection (W3C WebRTC, section "Perfect Negotiation Example").
 *
 * Either side may offer at any time; when two offers cross, the polite side takes its own back.
 * Unlike the example, everything here runs through one queue. So an offer is never half made when
 * another one comes in, `signalingState` alone tells whether two have crossed, and the example's
 * three flags are not needed.
 */
import type { Candidate, Described, SignalData } from '../protocol/data.ts'
import { fingerprints } from './fingerprints.ts'
import { randomId } from './random.ts'

/** What went wrong with what the other side said. Never what it said: that holds addresses. */
export type Problem = {
  /** `seal_broken`: not sealed by who should have sealed it, or not at all. */
  problem: 'description_refused' | 'candidate_refused' | 'not_understood' | 'seal_broken'
  error?: string
}

/** Candidates that wait for their description at most; a browser has some ten, on many networks thirty. */
const EARLY = 100

/** Keeps a candidate until its description comes. */
export function keep(early: Candidate[], candidate: Candidate | null): void {
  if (early.push(candidate ?? NO_MORE) > EARLY) early.shift()
}

/** What `null` stands for. */
const NO_MORE: Candidate = { candidate: '' }

export type NegotiationOptions = {
  polite: boolean
  /** Candidates that came before their description, which may be for the next connection: outlives this one. */
  early: Candidate[]
  say(data: SignalData): void
  /** This description needs a new connection on our side. */
  renewed(data: Described): void
  /** Takes over what comes too late for this connection, because it is closed. */
  pass(data: SignalData): void
  problem(problem: Problem): void
}

export type Negotiation = ReturnType<typeof negotiate>

/** The name of whatever is wrong: a browser's message may quote the description. */
const nameOf = (error: unknown) => (error instanceof Error || error instanceof DOMException ? error.name : 'Error')

/** The lines that a description has for candidates, once there are any. */
const CANDIDATES = /^a=(?:candidate:.*|end-of-candidates)\r?\n/gm

/**
 * Whether a description is of another RTCPeerConnection than those before it: it says another name, or has another
 * certificate, which each keeps for life (RFC 8827, section 6.5). That the other page was reloaded, the server cannot say.
 */
function isStranger({ remoteDescription }: RTCPeerConnection, known: string | undefined, data: Described): boolean {
  if (!remoteDescription) return false
  const call = data.wz?.call
  if (known !== undefined && call !== undefined && known !== call) return true
  const [before, now] = [remoteDescription.sdp, data.description.sdp].map((sdp) => fingerprints(sdp).join())
  return before !== '' && now !== '' && before !== now
}

/** Whether a candidate belongs to the other side's present description. */
function fits({ remoteDescription }: RTCPeerConnection, { usernameFragment }: Candidate): boolean {
  if (!remoteDescription) return false
  return !usernameFragment || remoteDescription.sdp.split(/\r?\n/).includes(`a=ice-ufrag:${usernameFragment}`)
}

/** Negotiates for as long as the connection lives; closing it is the caller's business. */
export function negotiate(pc: RTCPeerConnection, options: NegotiationOptions) {
  const { polite, early, say, renewed, pass, problem } = options
  /** The name of our last offer, of this connection, and of the other side's. */
  let offered = ''
  const call = randomId()
  let theirCall: string | undefined
  /** The name of their offer that we have answered last. */
  let answered: string | undefined
  /**
   * Our candidates for an ICE restart, until it is answered. With them Firefox would try at once, and what arrives before
   * its answer Chromium takes for old: it goes on with the old way, on which Firefox hears nothing any more.
   */
  const held: Candidate[] = []
  let queue = Promise.resolve()
  const isClosed = () => pc.signalingState === 'closed'

  function enqueue(task: () => Promise<unknown> | undefined) {
    queue = queue.then(async () => {
      try {
        await task()
      } catch (error) {
        // It costs this one step. What is cut short by the end of the call is of no interest.
        if (!isClosed()) problem({ problem: 'description_refused', error: nameOf(error) })
      }
    })
  }

  function sayDescription(offer: string | undefined, said = pc.localDescription) {
    if (isClosed() || !said) return
    const { type, sdp } = said
    if (type !== 'offer' && type !== 'answer') return
    const bare = type === 'offer' && held.length > 0 ? sdp.replace(CANDIDATES, '') : sdp
    say({
      description: { type, sdp: bare },
      wz: { v: 1, ...(offer === undefined ? {} : { offer }), call, check: true, chat: true },
    })
  }

  async function offer() {
    // Busy with another round: the browser asks again once it is through.
    if (pc.signalingState !== 'stable') return
    held.length = 0
    await pc.setLocalDescription()
    offered = randomId()
    sayDescription(offered)
  }

  async function take(data: SignalData) {
    if (isClosed()) return pass(data)
    if ('candidate' in data) return takeCandidate(data.candidate ?? NO_MORE)
    const { description, wz } = data
    const crossed = pc.signalingState === 'have-local-offer'
    // A first offer is better forgotten than taken back: Chromium sometimes gathers no candidates afterwards.
    const forget = crossed && polite && description.type === 'offer' && pc.remoteDescription === null
    if (forget || isStranger(pc, theirCall, data)) return renewed(data)
    if (description.type === 'offer') {
      if (crossed && !polite) {
        // They yield when ours comes; where it was lost they never would. Plain peers might take a second one badly.
        if (wz) sayDescription(offered)
        return
      }
      // Said again, since ours crossed it: taken for a new one it would take back what they may have answered by now.
      const again = crossed && wz?.offer !== undefined && wz.offer === answered
      if (again && pc.currentLocalDescription?.type === 'answer')
        return sayDescription(answered, pc.currentLocalDescription)
      await pc.setRemoteDescription(description)
      theirCall = wz?.call
      await takeEarly()
      await pc.setLocalDescription()
      answered = wz?.offer
      sayDescription(answered)
    } else if (crossed && (wz?.offer ?? offered) === offered) {
      await pc.setRemoteDescription(description)
      theirCall = wz?.call
      for (const candidate of held.splice(0)) say({ candidate })
      await takeEarly()
    }
  }

  async function takeCandidate(candidate: Candidate) {
    if (fits(pc, candidate)) {
      try {
        await pc.addIceCandidate(candidate)
      } catch (error) {
        problem({ problem: 'candidate_refused', error: nameOf(error) })
      }
    } else keep(early, candidate)
  }

  async function takeEarly() {
    // Those of an offer that we ignored find no home; that is as it should be.
    for (const candidate of early.splice(0)) await takeCandidate(candidate)
  }

  pc.onnegotiationneeded = () => enqueue(offer)
  pc.onicecandidate = ({ candidate }) => {
    if (!candidate?.candidate) return
    const { sdpMid, sdpMLineIndex, usernameFragment } = candidate
    const own = { candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment }
    if (pc.signalingState === 'have-local-offer' && pc.remoteDescription) held.push(own)
    else say({ candidate: own })
  }

  return {
    /** Takes what the other side said, in the order in which it was said. */
    receive: (data: SignalData): void => enqueue(() => take(data)),
    /** Restarts ICE; an offer that still waits for its answer is said again instead, as it may be lost. */
    restart: (): void =>
      enqueue(async () => {
        if (pc.signalingState === 'have-local-offer') sayDescription(offered)
        else pc.restartIce()
      }),
  }
}
