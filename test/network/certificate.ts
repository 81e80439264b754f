/** Certificates of two days, each of which has signed itself. */
import { execFileSync } from 'node:child_process'

/**
 * @param cert the file for it, and `key` that for its key
 * @param names for whom it is, as openssl writes that
 */
export function signItself(cert: string, key: string, name: string, names = `DNS:${name}`): void {
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const args = [...made, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert]
  execFileSync('openssl', args, { stdio: 'ignore' })
}
