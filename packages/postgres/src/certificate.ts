import { type CertificateExtension, generate } from 'selfsigned'
import type { Certificate } from './messages.js'

/** A certificate for `localhost` and 127.0.0.1 that is its own authority. A client may show it as well. */
export async function selfSigned(): Promise<Certificate> {
  const subject = [{ name: 'commonName', value: 'localhost' }]
  const extensions: CertificateExtension[] = [
    { name: 'basicConstraints', cA: true, critical: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ]
  const { cert, private: key } = await generate(subject, { keyType: 'ec', algorithm: 'sha256', extensions })
  return { cert, key }
}
