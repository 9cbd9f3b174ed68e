import { openSsl } from '@pglease/client/internal'
import type { Group } from '../target.js'
import { tlsTargets } from './sessions.js'

export const tls: Group = {
  name: 'tls',
  about: 'the TLS session that threads share, records cut, merged, changed and flipped',
  async open({ certificate }) {
    if (openSsl() === undefined) throw new Error('OpenSSL cannot be called here')
    return tlsTargets(certificate)
  },
}
