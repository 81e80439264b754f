/** What is sealed: who is let in, what an attacker between the two can do, and what each page then shows. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { agree, createKeyRing, keyName, makePageKey } from '../src/client/pair-keys.ts'
import { toBase64url } from '../src/protocol/bytes.ts'
import type { Hello, Sealed } from '../src/protocol/data.ts'
import { formatCode, makeCode, readCode } from '../src/protocol/dial-code.ts'
import { makePracticeKey, readPracticeKey, unwrapPoint } from '../src/protocol/seal.ts'
import { type Carrier, connect, type End, newPractice, offer, put, states } from './sealing-support.ts'

const practice = await newPractice()
const another = await newPractice()
const host = { role: 'host', practice } as const
const guest = { role: 'guest', seal: practice.seal } as const
const typed = { role: 'guest' } as const

const helloOf = (data: unknown) => (data as { hello?: Hello }).hello
const sealedOf = (data: unknown) => (data as { sealed?: Sealed }).sealed
const isSealed = (data: unknown) => sealedOf(data) !== undefined
const said = ({ heard }: End) =>
  heard.map((data) => ('description' in data ? data.description.sdp : JSON.stringify(data)))

async function sealedCall(carrier?: Carrier) {
  const call = connect(host, guest, carrier)
  await call.start()
  call.a.channel.say(offer('offer of the practice'))
  await call.calm()
  call.b.channel.say({ description: { type: 'answer', sdp: 'answer of the guest' } })
  await call.calm()
  return call
}

test('both pages know that the call is sealed, and what they say arrives', async () => {
  const { a, b } = await sealedCall()
  assert.equal([states(a), states(b)], ['sealed', 'sealed'])
  assert.equal([said(a), said(b)], [['answer of the guest'], ['offer of the practice']])
  assert.equal([a.problems, b.problems, a.opened, b.opened], [[], [], 1, 1])
})

test('what the server sees of it: keys, lengths, and nothing that was said', async () => {
  const { a, b } = await sealedCall()
  const seen = JSON.stringify([a.sent, b.sent])
  assert.not.match(seen, /offer|answer|description|sdp/)
  assert.not.ok(seen.includes(practice.seal))
  for (const data of [...a.sent, ...b.sent]) assert.ok(helloOf(data) || sealedOf(data))
})

test('the practice waits for a word of a sealed link before it says anything plainly', async () => {
  const call = connect(host, guest, (data, to) => (to === 'a' ? [] : [data]))
  await call.start()
  assert.equal([call.a.opened, call.a.sent.every(helloOf)], [0, true])
})

test('codes that were typed: both pages go on plainly at once, and know it', async () => {
  const { a, b, start, calm } = connect(host, typed)
  await start()
  a.channel.say(offer('plain'))
  await calm()
  assert.equal([states(a), states(b), said(b)], ['unsealed', 'unsealed', ['plain']])
})

test('somebody who knows nothing of sealing: the practice goes on plainly, at their first word or after a while', async () => {
  for (const speaks of [true, false]) {
    const call = connect(host, { role: 'guest' }, () => [])
    call.a.channel.start(false)
    await call.calm()
    assert.equal(call.a.opened, 0)
    if (speaks) put(call.a, offer('theirs'))
    else await call.later()
    await call.calm()
    assert.equal([states(call.a), call.a.opened, said(call.a)], ['unsealed', 1, speaks ? ['theirs'] : []])
  }
})

test('a practice without its key: nothing is accepted, both pages say why, and with the key it goes on', async () => {
  const keyless: { role: 'host'; practice?: typeof practice } = { role: 'host' }
  const call = connect(keyless, guest)
  await call.start()
  call.a.channel.say(offer('plain'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), said(call.b)], ['no_key', 'no_key', []])
  keyless.practice = practice
  call.a.channel.again()
  await call.calm()
  call.a.channel.say(offer('sealed'))
  await call.calm()
  call.b.channel.say(offer('too'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), said(call.b), said(call.a)], ['sealed', 'sealed', ['sealed'], ['too']])
})

test('the key of another practice: refused, and both pages say so', async () => {
  const call = connect({ role: 'host', practice: another }, guest)
  await call.start()
  call.a.channel.say(offer('theirs'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), said(call.b), call.b.opened], ['other_key', 'other_key', [], 0])
})

test('strip: a server that takes the seal off is refused', async () => {
  const call = connect(host, guest, (data, to) =>
    helloOf(data) ? [to === 'a' ? { hello: { v: 1 } } : { hello: { v: 1 } }] : [data],
  )
  await call.start()
  call.a.channel.say(offer('plain'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), said(call.b), call.b.opened], ['unsealed', 'not_sealed', [], 0])
})

test('downgrade: what comes plainly is refused, before the seal and after it', async () => {
  const early = connect(host, guest, () => [])
  await early.start()
  put(early.b, offer('plain'))
  await early.calm()
  assert.equal([states(early.b), said(early.b)], ['not_sealed', []])
  const { a, b } = await sealedCall()
  for (const end of [a, b]) {
    const before = said(end)
    put(end, offer('plain'))
    put(end, { candidate: { candidate: 'plain' } })
    put(end, { check: { v: 1, denied: true } })
    put(end, { vouch: { v: 1, peer: 'x', key: 'y' } })
    assert.equal([said(end), states(end)], [before, 'sealed'])
    assert.ok(end.problems.every((problem) => problem === 'seal_broken'))
  }
  for (const end of [a, b]) {
    put(end, { hello: { v: 1 } })
    await end.channel.settled()
    assert.equal([states(end), end.isOpen], ['sealed', true])
  }
})

test('a page of the practice that was reloaded in a sealed call waits for as long as it takes, and speaks no plain word', async () => {
  const call = connect(host, guest, () => [])
  call.a.channel.start(true)
  await call.calm()
  await call.later()
  for (const data of [{ hello: { v: 1 } }, offer('plain'), { candidate: null }]) put(call.a, data)
  await call.calm()
  call.a.channel.say(offer('secret'))
  await call.calm()
  assert.equal([call.a.opened, said(call.a), call.a.sent.every(helloOf)], [0, [], true])
})

test("our own key, said back to us, is nobody's", async () => {
  const call = connect(host, guest, () => [])
  await call.start()
  put(call.a, { hello: { ...helloOf(call.a.sent[0]) } })
  put(call.b, { hello: { ...helloOf(call.b.sent[0]), practice: helloOf(call.a.sent[0])?.practice } })
  await call.calm()
  assert.equal([states(call.a), states(call.b), call.a.opened, call.b.opened], ['agreeing', 'agreeing', 0, 0])
})

test('refused means that nothing goes on beside it, and what is right afterwards is not lost', async () => {
  const keyless = connect({ role: 'host' }, guest)
  await keyless.start()
  assert.equal([states(keyless.a), keyless.a.isOpen], ['no_key', false])
  const said0 = keyless.a.sent.length
  keyless.a.channel.say(offer('plain'))
  put(keyless.a, offer('an answer of somebody'))
  await keyless.calm()
  assert.equal([said(keyless.a), keyless.a.sent.length], [[], said0])
  const call = connect(host, guest)
  await call.start()
  const { from, to } = {
    from: keyName(helloOf(call.a.sent[0])?.key ?? ''),
    to: keyName(helloOf(call.b.sent[0])?.key ?? ''),
  }
  put(call.b, { sealed: { v: 1, from, to, n: 1, box: 'AAAA' } })
  await call.calm()
  assert.equal([states(call.b), call.b.isOpen], ['broken', false])
  call.a.channel.say(offer('the right one'))
  await call.calm()
  assert.equal([states(call.b), call.b.isOpen, said(call.b)], ['sealed', true, ['the right one']])
})

test('whoever greets again has missed something, perhaps what was said of others', async () => {
  const { a, b, calm } = await sealedCall()
  b.channel.again()
  await calm()
  assert.equal([a.greeted > 0, states(a), states(b), a.opened, b.opened], [true, 'sealed', 'sealed', 1, 1])
})

test('in the middle: who repeats what the practice says of its key can say nothing that the guest takes (R70)', async () => {
  const own = await makePageKey()
  const call = connect(host, guest, (data) => {
    const hello = helloOf(data)
    return hello?.practice ? [{ hello: { ...hello, key: own.text } }] : [data]
  })
  await call.start()
  const key = helloOf(call.b.sent[0])?.key ?? ''
  // All that can be had without the practice's key, also by who has a link of his own: without it, or with another in its place.
  const { seal, point } = practice
  for (const voucher of [{ seal }, { seal, point, key: own.key }, { seal, point: own.point, key: own.key }]) {
    const keys = await agree(own, key, voucher)
    put(call.b, { sealed: await keys.seal(offer('of nobody')) })
    await call.calm()
  }
  assert.equal([states(call.b), said(call.b)], ['broken', []])
})

test('instead of the guest: who has no link of the practice does not pass for somebody who has', async () => {
  const own = await makePageKey()
  const call = connect(host, guest, () => [])
  call.a.channel.start(false)
  await call.calm()
  put(call.a, { hello: { v: 1, key: own.text } })
  await call.calm()
  const hello = call.a.sent.map(helloOf).at(-1)
  for (const seal of ['', another.seal, hello?.practice ?? '']) {
    assert.is(await unwrapPoint(hello?.practice ?? '', seal), undefined)
    for (const point of [another.point, own.point]) {
      const keys = await agree(own, hello?.key ?? '', { seal, point })
      put(call.a, { sealed: await keys.seal(offer('of nobody')) })
      await call.calm()
    }
  }
  assert.equal([states(call.a), said(call.a)], ['agreeing', []])
})

test('reflect, swap directions: what a page has said itself is not taken back', async () => {
  const { a, b, calm } = await sealedCall()
  for (const end of [a, b]) {
    const before = said(end)
    for (const data of end.sent) put(end, data)
    for (const data of end.sent.filter(isSealed)) {
      const { sealed } = data as { sealed: Sealed }
      put(end, { sealed: { ...sealed, from: sealed.to, to: sealed.from } })
      put(end, { sealed: { ...sealed, from: sealed.to, to: sealed.from, n: 100 } })
    }
    await calm()
    assert.equal(said(end), before)
  }
  assert.equal([states(a), states(b)], ['sealed', 'sealed'])
})

test('replay: what came once does not come again, nor what is of an earlier call', async () => {
  const earlier = await sealedCall()
  const { a, b, calm } = await sealedCall()
  const before = [said(a), said(b)]
  for (const data of [...a.sent, ...earlier.a.sent].filter(isSealed)) put(b, data)
  for (const data of [...b.sent, ...earlier.b.sent].filter(isSealed)) put(a, data)
  await calm()
  assert.equal([said(a), said(b)], before)
  // Hellos, too: what is sealed already stays so, and goes on.
  for (const data of earlier.a.sent) put(b, data)
  for (const data of earlier.b.sent) put(a, data)
  await calm()
  a.channel.say(offer('on'))
  b.channel.say(offer('and on'))
  await calm()
  assert.equal([said(b).at(-1), said(a).at(-1)], ['on', 'and on'])
})

test('order: what comes late is refused; what never comes is not missed', async () => {
  const { a, b, calm } = await sealedCall((data) => (sealedOf(data) && (sealedOf(data)?.n ?? 0) > 1 ? [] : [data]))
  for (const text of ['2', '3', '4']) a.channel.say(offer(text))
  await calm()
  const [, two, three, four] = a.sent.filter(isSealed)
  for (const data of [two, four, three]) put(b, data)
  await calm()
  assert.equal(said(b), ['offer of the practice', '2', '4'])
})

test('mix: what was sealed in one room, or for one guest, is nothing in another', async () => {
  const other = await newPractice()
  const calls = [
    await sealedCall(),
    await sealedCall(),
    connect({ role: 'host', practice: other }, { role: 'guest', seal: other.seal }),
  ]
  await calls[2]?.start()
  for (const call of calls) {
    for (const foreign of calls) {
      if (foreign === call) continue
      const before = [said(call.a), said(call.b)]
      for (const data of foreign.a.sent.filter(isSealed)) put(call.b, data)
      for (const data of foreign.b.sent.filter(isSealed)) put(call.a, data)
      // As if it were for this page.
      const names = [call.a, call.b].map((end) => keyName(helloOf(end.sent.find(helloOf))?.key ?? ''))
      for (const data of foreign.a.sent.map(sealedOf))
        if (data) put(call.b, { sealed: { ...data, from: names[0], to: names[1], n: 50 } })
      await call.calm()
      assert.equal([said(call.a), said(call.b)], before)
    }
  }
})

test('any change of any byte of a sealed message is refused, and changes nothing', async () => {
  const { a, b, calm } = await sealedCall((data) => (sealedOf(data)?.n === 2 ? [] : [data]))
  a.channel.say(offer('the second'))
  await calm()
  const { sealed } = a.sent.filter(isSealed)[1] as { sealed: Sealed }
  const bytes = Buffer.from(sealed.box, 'base64url')
  const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) })
  const before = said(b)
  await fc.assert(
    fc.asyncProperty(change, async ({ at, by }) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ by
      put(b, { sealed: { ...sealed, box: changed.toString('base64url') } })
      await b.channel.settled()
      assert.equal([said(b), states(b)], [before, 'sealed'])
    }),
    { numRuns: 1000 },
  )
  // And so is a change of any letter of the whole message, as it goes over the wire.
  const text = JSON.stringify({ sealed })
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
      const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
      if (changed === text) return
      try {
        put(b, JSON.parse(changed))
      } catch {
        return // No JSON, so the server hands on nothing.
      }
      await b.channel.settled()
      assert.equal([said(b), states(b)], [before, 'sealed'])
    }),
    { numRuns: 2000 },
  )
  for (const box of [
    sealed.box.slice(0, -1),
    `${sealed.box}A`,
    `${sealed.box}=`,
    '',
    'ü',
    sealed.box.replace(/.$/, '*'),
  ])
    put(b, { sealed: { ...sealed, box } })
  for (const n of [1, 3, 2 ** 53]) put(b, { sealed: { ...sealed, n } })
  await calm()
  assert.equal(said(b), before)
  put(b, { sealed })
  await calm()
  assert.equal(said(b).at(-1), 'the second')
})

test('a page that was reloaded has a new key, and goes on sealed; what was for the old one is let go', async () => {
  const { a, reload, calm } = await sealedCall()
  a.channel.say(offer('for the old page'))
  const b = await reload()
  assert.equal([states(b), said(b)], ['agreeing', []])
  b.channel.say(offer('after the reload'))
  await calm()
  a.channel.say(offer('welcome back'))
  await calm()
  assert.equal([said(a).at(-1), said(b)], ['after the reload', ['welcome back']])
  assert.equal([states(a), states(b), a.problems, b.problems], ['sealed', 'sealed', [], []])
})

test('no nonce is used twice: not by hellos in between, nor in another call of the same pages, nor for one page under two names', async () => {
  const [host, guest] = [
    { role: 'host', practice, keys: createKeyRing() },
    { role: 'guest', seal: practice.seal, keys: createKeyRing() },
  ] as const
  const calls = []
  for (let round = 0; round < 3; round++) {
    const call = connect(host, guest)
    await call.start()
    for (const text of ['one', 'two']) {
      call.a.channel.say(offer(text))
      call.b.channel.say(offer(text))
      await call.calm()
      // Somebody else says hello in the name of each, and then they do so again themselves.
      for (const end of [call.a, call.b])
        put(end, { hello: { ...helloOf(end.sent[0]), key: (await makePageKey()).text } })
      for (const [end, hello] of [
        [call.a, call.b.sent.find(helloOf)],
        [call.b, call.a.sent.find(helloOf)],
      ] as const)
        put(end, hello)
      await call.calm()
    }
    assert.equal(
      [said(call.a), said(call.b)],
      [
        ['one', 'two'],
        ['one', 'two'],
      ],
    )
    calls.push(call)
  }
  const names = calls
    .flatMap(({ a, b }) => [...a.sent, ...b.sent].map(sealedOf))
    .flatMap((one) => (one ? [`${one.from} ${one.to} ${one.n}`] : []))
  assert.ok(names.length >= 12)
  assert.is(new Set(names).size, names.length)
})

test('a browser without the primitives: nothing is accepted, and both pages say why', async () => {
  const whole = globalThis.crypto
  const call = connect(host, guest)
  try {
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
    call.b.channel.start(false)
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: whole, configurable: true })
  }
  call.a.channel.start(false)
  await call.calm()
  put(call.b, offer('plain'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), call.a.isOpen, said(call.b)], ['no_crypto', 'no_crypto', false, []])
})

test('guests: only with the key that the practice vouches for, and then sealed', async () => {
  const [one, two]: { role: 'guest'; seal: string; vouched?: string }[] = [
    { role: 'guest', seal: practice.seal },
    { role: 'guest', seal: practice.seal },
  ]
  if (!one || !two) throw new Error()
  const call = connect(one, two)
  await call.start()
  call.a.channel.say(offer('too early'))
  await call.calm()
  assert.equal([states(call.a), states(call.b), call.b.opened], ['agreeing', 'agreeing', 0])
  const [keyOfOne, keyOfTwo] = [call.a, call.b].map((end) => helloOf(end.sent[0])?.key ?? '')
  one.vouched = (await makePageKey()).text
  two.vouched = keyOfOne ?? ''
  call.a.channel.again()
  call.b.channel.again()
  await call.calm()
  call.b.channel.say(offer('to a page that was told of another key'))
  await call.calm()
  assert.equal([states(call.a), said(call.a)], ['agreeing', []])
  one.vouched = keyOfTwo ?? ''
  call.a.channel.again()
  await call.calm()
  call.a.channel.say(offer('hello'))
  await call.calm()
  call.b.channel.say(offer('hello, too'))
  await call.calm()
  assert.equal([said(call.b), said(call.a)], [['hello'], ['hello, too']])
  assert.equal([states(call.a), states(call.b)], ['sealed', 'sealed'])
})

test('a guest with a typed code beside one with a sealed link: the sealed one refuses', async () => {
  const call = connect({ ...guest }, typed)
  await call.start()
  call.b.channel.say(offer('plain'))
  await call.calm()
  assert.equal([states(call.a), said(call.a), states(call.b)], ['not_sealed', [], 'unsealed'])
})

test('hellos that make no sense end nothing', async () => {
  const { a, b, calm } = await sealedCall()
  const point = Buffer.alloc(65, 7)
  point[0] = 4
  for (const end of [a, b]) {
    for (const key of [
      '',
      'x',
      'ü',
      '*',
      toBase64url(new Uint8Array(65)),
      point.toString('base64url'),
      'A'.repeat(60_000),
    ]) {
      for (const practiceKey of [undefined, '', key, toBase64url(practice.point)]) {
        put(end, { hello: { v: 1, key, ...(practiceKey === undefined ? {} : { practice: practiceKey }) } })
      }
    }
    for (const hello of [
      null,
      1,
      'x',
      [],
      { v: 2, key: 'x' },
      { v: 1, key: 1 },
      { v: 1, to: {} },
      { v: 1, key: 'x', refused: 'constructor' },
    ])
      put(end, { hello })
  }
  await calm()
  a.channel.say(offer('still there'))
  await calm()
  b.channel.say(offer('so are we'))
  await calm()
  assert.equal([said(b).at(-1), said(a).at(-1)], ['still there', 'so are we'])
  assert.equal([states(a), states(b)], ['sealed', 'sealed'])
})

test('a key file is read again; one that was damaged, or is something else, is not', async () => {
  const file = await makePracticeKey()
  assert.ok(await readPracticeKey(JSON.stringify(file)))
  const other = await makePracticeKey()
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    JSON.stringify({ ...file, use: 'sig' }),
    JSON.stringify({ ...file, d: other.d }),
    JSON.stringify({ ...file, x: other.x }),
    JSON.stringify({ ...file, d: undefined }),
    JSON.stringify({ ...file, crv: 'P-384' }),
    JSON.stringify(file).slice(0, -9),
  ])
    assert.is(await readPracticeKey(text), undefined, text)
})

test('the seal stands behind the code of a link; what a mail program makes of it is a seal, a plain code, or an error, never another seal', async () => {
  const code = makeCode(crypto.getRandomValues(new Uint8Array(8)))
  const link = `https://video.example/#${formatCode(code)}-${practice.seal}`
  const whole = { symbols: code, isGuests: true, seal: practice.seal }
  assert.equal(readCode(link), whole)
  for (const mangled of [
    `${link}.`,
    `<${link}>`,
    link.replace('#', '%23'),
    link.toLowerCase(),
    `${link}&utm_source=x`,
    `${link}\u00ad`,
  ])
    assert.equal(readCode(mangled), whole, mangled)
  for (let length = link.indexOf('#') + 1; length < link.length; length++) {
    const read = readCode(link.slice(0, length))
    assert.is(read?.seal, undefined)
    // Of one in 32 the sixteen symbols that are left are a practice's code, which the patient's page sends nowhere.
    if (read?.isGuests) assert.is(read.symbols, code)
  }
  assert.is.not(another.seal, practice.seal)
  assert.is(practice.seal.length, 27)
})

test.run()
