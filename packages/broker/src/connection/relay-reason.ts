import { openSsl } from '@pglease/client/internal'
import type { RelayReason } from '../common/statistics.js'
import { canDuplicate } from './socket-duplicate.js'

/** What can be said of a database before it has a connection, and without loading native code. */
export function knownRelayReason({ handOver }: { handOver: boolean }): RelayReason | undefined {
  if (!handOver) return 'off'
  return process.platform === 'linux' ? undefined : 'platform'
}

/** Of a connection that is open. @param tls who speaks it, if anybody does. */
export function relayReason(
  options: { handOver: boolean },
  tls: 'none' | 'shared' | 'node' | 'node, for ours has failed',
): RelayReason | undefined {
  const known = knownRelayReason(options)
  if (known !== undefined) return known
  if (!canDuplicate()) return 'koffi'
  if (tls === 'none' || tls === 'shared') return undefined
  if (openSsl() === undefined) return 'openssl'
  return tls === 'node' ? 'tls options' : 'tls handshake'
}
