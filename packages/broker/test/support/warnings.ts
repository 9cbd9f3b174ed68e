import type { BrokerWarning, ConnectionBroker } from '../../src/index.js'

/**
 * What a broker warns of from here on, but for that it relays: where tests run without what lets threads have sockets, it says so
 * of each database.
 */
export function warningsOf(broker: ConnectionBroker): BrokerWarning[] {
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => {
    if (warning.code !== 'PGLEASE_RELAYED') warnings.push(warning)
  })
  return warnings
}
