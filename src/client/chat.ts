/**
 * Lines of text from page to page, over a data channel beside the media: no server hears of them, and they end with
 * the page. Each is said until the other page has it, over however many connections that takes.
 */

/** What the channel is called, at either end. */
export const CHANNEL = 'wz-chat'

/** Characters of a line at most, and how many may wait for an answer. */
export const LONGEST_LINE = 2_000
const MOST = 100

/** A line, with its number and the random name of the page it is from; or that it has come. */
type Said = { v: 1; page: string; n: number; text: string } | { v: 1; ack: number }

/** @param heard takes each line once, in its order */
export function createChat(page: string, heard: (text: string) => void) {
  let pc: RTCPeerConnection | undefined
  let channel: RTCDataChannel | undefined
  const waiting: { n: number; text: string }[] = []
  let last = 0
  /** The last line that came; a page of theirs that was reloaded begins anew. */
  let taken = { page: '', n: 0 }

  const put = (said: Said) => channel?.readyState === 'open' && channel.send(JSON.stringify(said))

  function adopt(opened: RTCDataChannel) {
    channel = opened
    opened.onopen = () => {
      for (const line of waiting) put({ v: 1, page, ...line })
    }
    opened.onclose = () => {
      if (channel === opened) channel = undefined
    }
    opened.onmessage = ({ data }) => receive(data)
    if (opened.readyState === 'open') opened.onopen(new Event('open'))
  }

  function receive(data: unknown) {
    const said = read(data)
    if (!said) return
    if ('ack' in said) return void waiting.splice(0, waiting.findIndex(({ n }) => n === said.ack) + 1)
    put({ v: 1, ack: said.n })
    if (said.page === taken.page && said.n <= taken.n) return
    taken = said
    heard(said.text)
  }

  /** A channel is only made where there is something to say: making one takes a round of negotiation. */
  function open() {
    if (pc && pc.signalingState !== 'closed' && !channel) adopt(pc.createDataChannel(CHANNEL))
  }

  /** Says a line. @returns false where too many are waiting, or it is too long or empty */
  function say(text: string): boolean {
    if (text === '' || text.length > LONGEST_LINE || waiting.length >= MOST) return false
    last += 1
    const line = { n: last, text }
    waiting.push(line)
    if (channel) put({ v: 1, page, ...line })
    else open()
    return true
  }

  /** This is the connection from now on. */
  function use(present: RTCPeerConnection | undefined): void {
    if (present === pc) return
    pc = present
    channel = undefined
    if (!pc) return
    // The other side may make one in the same moment: what comes is heard on both, and said on the later.
    pc.addEventListener('datachannel', ({ channel }) => channel.label === CHANNEL && adopt(channel))
    if (waiting.length > 0) open()
  }

  return { say, use }
}

function read(data: unknown): Said | undefined {
  if (typeof data !== 'string' || data.length > 4 * LONGEST_LINE) return undefined
  try {
    const { v, ack, page, n, text } = JSON.parse(data) as Record<string, unknown>
    if (v !== 1) return undefined
    if (Number.isSafeInteger(ack)) return { v, ack: ack as number }
    const isLine = typeof page === 'string' && page.length <= 40 && Number.isSafeInteger(n) && typeof text === 'string'
    return isLine ? { v, page, n: n as number, text: text.slice(0, LONGEST_LINE) } : undefined
  } catch {
    return undefined
  }
}
