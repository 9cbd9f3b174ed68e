import { clonedRows } from '../contenders/cloned-rows.js'
import { ownPool } from '../contenders/own-pool.js'
import { pglease } from '../contenders/pglease.js'
import { watchMainThread } from '../harness/main-thread-watch.js'
import { comparison } from './comparison.js'
import { BOTH_ROUTES, inEachThread } from './rates.js'

const targets = [{ against: clonedRows.name, most: 0.2 }]

const lower = (name: string, unit: string) => ({ name, unit, better: 'lower' as const, targets })

export const mainThread = comparison({
  name: 'main-thread',
  title: 'The main thread while the others read 10,000 rows of 8 columns again and again',
  metrics: {
    share: lower('processor time', 'cores'),
    busy: { ...lower('event loop not idle', 'cores'), targets: [] },
    p50: lower('delay of a timer, median', 'ms'),
    p99: lower('delay of a timer, 99th percentile', 'ms'),
    max: lower('delay of a timer, longest', 'ms'),
    millisPerMillion: { ...lower('processor time', 'ms per million rows'), targets: [] },
  },
  contenders: [pglease, clonedRows, ownPool],
  places: BOTH_ROUTES,
  async round(round) {
    const millis = round.bench.scope.roundMillis
    const { result, values } = await watchMainThread(() =>
      inEachThread(round, 'bulkRead', () => ({ millis })),
    )
    return { ...values, millisPerMillion: (values.share! / result.rate!) * 1e9 }
  },
})
