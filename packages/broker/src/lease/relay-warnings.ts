import { soOften } from '../common/counted-warnings.js'
import type { RelayReason } from '../common/statistics.js'
import type { RelayWarning } from '../common/warnings.js'

/** What to do about each reason to relay where a hand-over could be expected. The others were chosen. */
const REMEDIES: Partial<Record<RelayReason, string>> = {
  koffi:
    'the optional package @koromix/koffi-linux-x64 (or -arm64) is not installed, or cannot be loaded: install on the system ' +
    'that the program runs on, without --omit=optional',
  openssl: "Node's OpenSSL cannot be called: use a Node.js of nodejs.org, with koffi installed",
  'tls options':
    'its `ssl` has options that only `tls.connect` follows: leave them out (options.md), or say `handOver: false`',
  'tls handshake':
    'the server and OpenSSL did not come to terms otherwise: report it, with the server and its version',
}

/** Whether somebody should hear that connections are relayed. */
export function isUnexpected(reason: RelayReason | undefined): reason is RelayReason {
  return reason !== undefined && REMEDIES[reason] !== undefined
}

export function ofRelaying(database: string, relayReason: RelayReason, count: number): RelayWarning {
  const message =
    `Leases on "${database}" are relayed by the main thread${soOften(count)}, which costs more than to hand over: ` +
    `${REMEDIES[relayReason]}.`
  return { code: 'PGLEASE_RELAYED', message, database, relayReason, count }
}
