import { generate } from 'selfsigned'
import type { Certificate } from './messages.js'

/** A certificate for `localhost` and 127.0.0.1 that is its own authority. */
export async function selfSigned(): Promise<Certificate> {
  const subject = [{ name: 'commonName', value: 'localhost' }]
  const { cert, private: key } = await generate(subject, { keyType: 'ec', algorithm: 'sha256' })
  return { cert, key }
}
