/**
 * Perfect negotiation on one RTCPeerConnection (W3C WebRTC, section "Perfect Negotiation Example").
 *
 * Either side may offer at any time; when two offers cross, the polite side takes its own back.
 * Unlike the example, everything here runs through one queue. So an offer is never half made when
 * another one comes in, `signalingState` alone tells whether two have crossed, and the example's
 * three flags are not needed. Offers are numbered and answers repeat the number: an answer to an
 * offer that was taken back meanwhile is recognised and ignored.
 */

/** What the two sides say to each other about one RTCPeerConnection. */
export type Part = { offer: number; sdp: string } | { answer: number; sdp: string } | { candidate: RTCIceCandidateInit }

export type Negotiation = {
  /** Takes what the other side said, in the order in which it was said. */
  receive(part: Part): void
  /** Makes a new offer with an ICE restart, also where an earlier one was never answered. */
  restart(): void
}

/** Negotiates for as long as the connection lives; closing it is the caller's business. */
export function negotiate(pc: RTCPeerConnection, polite: boolean, say: (part: Part) => void): Negotiation {
  let offers = 0
  let queue = Promise.resolve()

  function enqueue(task: () => Promise<void>) {
    // A description that the browser cannot take costs this one step; the peer's watch begins anew.
    queue = queue.then(() => (pc.signalingState === 'closed' ? undefined : task())).catch(() => {})
  }

  async function offer() {
    // Busy with another round: the browser asks again once it is through.
    if (pc.signalingState !== 'stable') return
    await pc.setLocalDescription()
    offers += 1
    say({ offer: offers, sdp: pc.localDescription?.sdp ?? '' })
  }

  async function takeOffer(number: number, sdp: string) {
    const crossed = pc.signalingState === 'have-local-offer'
    if (crossed && !polite) return
    await pc.setRemoteDescription({ type: 'offer', sdp })
    await pc.setLocalDescription()
    say({ answer: number, sdp: pc.localDescription?.sdp ?? '' })
  }

  async function take(part: Part) {
    if ('offer' in part) return takeOffer(part.offer, part.sdp)
    // Candidates of an offer that we ignored find no home; that is as it should be.
    if ('candidate' in part) return pc.addIceCandidate(part.candidate).catch(() => {})
    if (part.answer !== offers || pc.signalingState !== 'have-local-offer') return
    await pc.setRemoteDescription({ type: 'answer', sdp: part.sdp })
  }

  pc.onnegotiationneeded = () => enqueue(offer)
  pc.onicecandidate = ({ candidate }) => candidate?.candidate && say({ candidate: candidate.toJSON() })

  return {
    receive: (part) => enqueue(() => take(part)),
    restart: () =>
      enqueue(async () => {
        if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' })
        pc.restartIce()
      }),
  }
}
