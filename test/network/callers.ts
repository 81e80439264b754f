/** A patient and a practice with a browser each, in networks of their own, and a server that both reach. */
import {
  admit,
  closeWindows,
  hostOpens,
  launchBrowser,
  openWindow,
  patientWaits,
  type Window,
} from '../browser/support.ts'
import { openInternet, type Person, SERVERS } from './internet.ts'

const PORT = 18080
export const BASE = `http://${SERVERS}:${PORT}`
/** Settings of a server that both reach. */
export const HERE = { WZ_HOST: '0.0.0.0', WZ_PORT: String(PORT) }

export async function openCallers() {
  const internet = await openInternet()
  const launch = (person: Person) =>
    launchBrowser('granted', {
      executablePath: internet.chromiumOf(person),
      // A camera over plain HTTP, and a TURN server that has signed its certificate itself.
      args: [`--unsafely-treat-insecure-origin-as-secure=${BASE}`, '--ignore-certificate-errors'],
    })
  const browsers = { patient: await launch('patient'), practice: await launch('practice') }

  return {
    internet,
    /** Opens a window for somebody, and nothing else. */
    open: (person: Person, url = BASE) => openWindow(browsers[person], url),
    /** Both dial in, and the practice admits the patient. */
    async meet([hostCode = '', guestCode = '']: string[]): Promise<[patient: Window, host: Window]> {
      const patient = await patientWaits(browsers.patient, { url: BASE }, guestCode, 'Anna')
      const host = await hostOpens(browsers.practice, { url: BASE }, hostCode)
      await admit(host, 'Anna')
      return [patient, host]
    },
    /** Firewalls as in many clinics: both reach this port and our pages, by this protocol, and never each other. */
    wallIn(protocol: 'udp' | 'tcp', port: number) {
      internet.rule('through', 'drop')
      internet.rule('own', `iifname { patient, practice } ${protocol} dport { ${port}, ${PORT} } accept`)
      internet.rule('own', `iifname { patient, practice } meta l4proto { udp, ${protocol} } drop`)
    },
    /** All windows are closed. */
    leave: () => closeWindows(browsers.patient, browsers.practice),
    async close() {
      await Promise.all([browsers.patient.close(), browsers.practice.close()])
    },
  }
}
