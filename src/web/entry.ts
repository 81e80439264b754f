/** The way in, on both pages: the code, the name, and what is wrong with them, kindly and at once. */
import type { Over, State } from '../client/client.ts'
import { CODE_LENGTH, type DialCode, formatCode, readCode } from '../protocol/dial-code.ts'
import type { Role } from '../protocol/messages.ts'
import { box, button, find, write } from './page.ts'
import { lastDialled } from './tab.ts'
import { errorText, texts } from './texts.ts'

export type DialIn = { code: string; name: string; takeover: boolean }

/** What is wrong with a code as typed, before it is sent anywhere; undefined: nothing. */
function codeProblem(typed: string, role: Role): string | undefined {
  const words = texts()
  if (typed.trim() === '') return words.codeMissing
  const read = readCode(typed)
  if (!read) return words.errors.code_malformed
  if (read.isGuests === (role === 'guest')) return undefined
  return read.isGuests ? words.codeForGuests : words.codeForHosts
}

/**
 * Sets the form up. A code in the address's fragment is put into it and removed from the address,
 * so that it does not stay on the screen.
 * @param role the codes that belong on this page
 * @param linked called when another link was opened in this tab, which does not load the page anew
 * @returns how to show that it does not go on, or that it takes a moment
 */
export function setUpEntry(role: Role, submit: (dialIn: DialIn) => void, cancel: () => void, linked: () => void) {
  const code = find('code', HTMLInputElement)
  const name = find('name', HTMLInputElement)
  const codeCheck = box('code-check')
  const nameCheck = box('name-check')
  /** The code of a link that had a seal, with it. The field shows the code alone. */
  let sealed: DialCode | undefined
  /** Some browsers have it switched off, or never had it: then nobody is let wait for nothing. */
  const canTalk = typeof RTCPeerConnection === 'function'
  let tried = false
  let refusal: Over | undefined
  /** The code that was refused: complete it may be, right it is not. */
  let refused: string | undefined

  /** Shows a code that was read, and remembers its seal. */
  function take(read: DialCode) {
    if (read.seal !== undefined) sealed = read
    code.value = formatCode(read.symbols)
  }

  /** What stands behind a code as the link had it; '' for any other code. */
  function sealOf(typed: string): string {
    return sealed !== undefined && readCode(typed)?.symbols === sealed.symbols ? `-${sealed.seal}` : ''
  }

  /** While somebody types, only what is surely wrong or surely right is said. */
  function checkCode(strict: boolean): boolean {
    const problem = codeProblem(code.value, role)
    const complete = code.value.replace(/[\s\p{Pd}]/gu, '').length >= CODE_LENGTH[role]
    const say = strict || complete || readCode(code.value) !== undefined
    const wasRefused = refused !== undefined && readCode(code.value)?.symbols === refused
    code.setAttribute('aria-invalid', String(wasRefused || (say && problem !== undefined)))
    codeCheck.classList.toggle('good', problem === undefined)
    const good = wasRefused ? '' : sealOf(code.value) === '' ? texts().codeGood : texts().codeSealed
    write(codeCheck, problem === undefined ? good : say ? problem : '')
    return problem === undefined
  }

  function checkName(): boolean {
    const missing = role === 'guest' && name.value.trim() === ''
    name.setAttribute('aria-invalid', String(missing))
    write(nameCheck, missing ? texts().errors.name_required : '')
    return !missing
  }

  function send(takeover: boolean) {
    tried = true
    refused = undefined
    const codeGood = checkCode(true)
    const nameGood = checkName()
    if (!codeGood) return code.focus()
    if (!nameGood) return name.focus()
    if (!canTalk) return
    box('problem').hidden = true
    submit({ code: code.value + sealOf(code.value), name: name.value.trim(), takeover })
  }

  /** @returns whether there was one with a code, or with what was to be one */
  function readFragment(): boolean {
    // Not decoded: a code needs no escapes, and a broken one would throw.
    const fragment = location.hash.slice(1).replaceAll('%20', ' ')
    // With its sign, behind which whatever was appended is left out.
    const read = readCode(`#${fragment}`)
    // Something else in the fragment, as the skip link's, is not ours.
    if (fragment === '' || document.getElementById(fragment)) return false
    history.replaceState(null, '', location.pathname)
    if (read) take(read)
    else code.value = fragment.slice(0, 40)
    checkCode(true)
    return true
  }

  code.addEventListener('input', () => checkCode(tried))
  code.addEventListener('change', () => {
    const read = readCode(code.value)
    if (read) take(read)
    checkCode(code.value.trim() !== '')
  })
  name.addEventListener('input', () => tried && checkName())
  find('form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    send(false)
  })
  button('take-over').addEventListener('click', () => send(true))
  button('cancel').addEventListener('click', cancel)
  function warn() {
    box('problem').hidden = canTalk
    write(box('problem-text'), canTalk ? '' : texts().noWebRtc)
    button('enter').disabled = !canTalk
  }

  addEventListener('hashchange', () => {
    if (!readFragment()) return
    // What was said of the code before is not said of this one.
    box('problem').hidden = canTalk
    linked()
  })
  readFragment()
  if (!canTalk) warn()

  return {
    /** Puts in what one has dialled in with before, where nothing is written. */
    fill() {
      const last = lastDialled()
      const read = readCode(last?.code ?? '')
      if (!last || !read || code.value !== '') return
      take(read)
      name.value ||= last.name
      checkCode(true)
    },
    /** Whether a link has brought a code: then it counts, and not a seat from before. */
    hasCode: () => code.value !== '',
    /** Why dialling in was refused; the focus goes, once, where it can be mended. */
    refused(over: Extract<Over, { reason: 'refused' }>) {
      const words = texts()
      const { code: error, notBefore } = over
      const format = { dateStyle: 'full', timeStyle: 'short' } as const
      const text =
        error === 'code_too_early' && notBefore !== undefined
          ? words.notBefore(new Date(notBefore).toLocaleString(words.locale, format))
          : errorText(error)
      button('take-over').hidden = error !== 'code_in_use'
      box('problem').hidden = false
      write(box('problem-text'), text)
      if (refusal === over) return
      refusal = over
      if (error.startsWith('code') && error !== 'code_in_use') {
        refused = readCode(code.value)?.symbols
        checkCode(true)
      }
      if (error === 'code_in_use') button('take-over').focus()
      else (error.startsWith('name') ? name : code).focus()
    },
    /** Shows that dialling in takes a moment; undefined: nobody dials in. */
    progress(state: Extract<State, { at: 'connecting' }> | undefined) {
      const words = texts()
      for (const control of [code, name]) control.readOnly = state !== undefined
      const [enter, cancel] = [button('enter'), button('cancel')]
      const focused = document.activeElement
      enter.disabled = state !== undefined || !canTalk
      cancel.hidden = state === undefined
      // The one of the two that was pressed cannot be pressed again.
      if (state && focused === enter) cancel.focus()
      if (!state && focused === cancel) enter.focus()
      if (!state) return write(box('progress'), '')
      const throttled = state.because === 'throttled'
      const inVain = throttled ? words.reconnecting.throttled : words.unreachable
      write(box('progress'), state.failures === 0 ? words.connecting : inVain)
    },
    /** Writes the words again, after a change of language. */
    draw() {
      if (tried || code.value !== '') checkCode(tried)
      if (tried) checkName()
      if (!canTalk) warn()
    },
  }
}
