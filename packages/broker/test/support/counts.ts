import type { ConnectionBroker, DatabaseStatistics } from '../../src/index.js'

/** What a broker counts, as opposed to what it has now. */
const COUNTERS = [
  'opened',
  'connectFailures',
  'validated',
  'leases',
  'handedOver',
  'timeouts',
  'refused',
  'withdrawn',
  'revoked',
  'resets',
  'rollbacks',
  'cancels',
] as const satisfies (keyof DatabaseStatistics)[]

export type Counts = Pick<DatabaseStatistics, (typeof COUNTERS)[number] | 'closed'>

/** What a broker counts from now on. */
export function countsFromNow(broker: ConnectionBroker): (database?: string) => Counts {
  const before = broker.stats()
  return (database = 'default') => {
    const [then, now] = [before[database]!, broker.stats()[database]!]
    const counts = COUNTERS.map((name) => [name, now[name] - then[name]])
    const closed = Object.entries(now.closed).map(([reason, count]) => [
      reason,
      count - then.closed[reason as keyof Counts['closed']],
    ])
    return { ...Object.fromEntries(counts), closed: Object.fromEntries(closed) }
  }
}
