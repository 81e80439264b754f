/** What browsers say to each other when they set up a call, in its usual sizes. */

const codecs = (first: number, names: readonly string[]): string =>
  names
    .map((name, index) => {
      const type = first + 2 * index
      return [
        `a=rtpmap:${type} ${name}/90000`,
        ...['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'].map((what) => `a=rtcp-fb:${type} ${what}`),
        `a=fmtp:${type} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e0${name.length}f`,
        `a=rtpmap:${type + 1} rtx/90000`,
        `a=fmtp:${type + 1} apt=${type}`,
      ].join('\r\n')
    })
    .join('\r\n')

const transport = [
  'a=ice-ufrag:7sFv',
  'a=ice-pwd:l0wqBLVTGvZbTsVQ8gBFyNqk',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${Array(32).fill('4F').join(':')}`,
  'a=setup:actpass',
].join('\r\n')

const sdp = (names: readonly string[]): string =>
  [
    'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1',
    `m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n${transport}\r\na=mid:0`,
    'a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1',
    `m=video 9 UDP/TLS/RTP/SAVPF ${names.map((_, n) => 96 + 2 * n).join(' ')}\r\nc=IN IP4 0.0.0.0\r\n${transport}\r\na=mid:1`,
    codecs(96, names),
    'a=ssrc-group:FID 2231627014 632943048\r\na=ssrc:2231627014 cname:o1DVnL4xgkh8N6jJ\r\n',
  ].join('\r\n')

const H264 = Array<string>(8).fill('H264')
/** 5 KB as JSON; the answer, in which fewer codecs are left, has 4. */
export const OFFER = JSON.stringify({
  description: { type: 'offer', sdp: sdp(['VP8', 'VP9', 'VP9', ...H264, 'AV1', 'red', 'ulpfec']) },
})
export const ANSWER = JSON.stringify({
  description: { type: 'answer', sdp: sdp(['VP8', 'VP9', 'VP9', ...H264.slice(1), 'AV1']) },
})
export const CANDIDATE = JSON.stringify({
  candidate: {
    candidate:
      'candidate:842163049 1 udp 1677729535 203.0.113.77 54321 typ srflx raddr 192.0.2.17 rport 54321 generation 0',
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: '7sFv',
  },
})

/** What a relay is measured with otherwise: 900 bytes, line breaks and all. */
export const SIGNAL = JSON.stringify({ type: 'offer', sdp: sdp(['VP8']).slice(0, 850) })
