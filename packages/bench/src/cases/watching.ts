import { channels } from '@pglease/broker'
import { WATCHED } from '../contenders/watched.js'
import { compare, type Metric } from '../harness/result.js'
import type { Case } from './case.js'
import { inEachThread, SOCKET } from './rates.js'
import { throughput } from './throughput.js'

/** What leases cost while nobody listens to the channels, beside what they cost while somebody does. */
export const watching = throughput({
  name: 'watching',
  title:
    'Leases of one query, while nobody listens, while every channel is heard, and while the live page is open',
  unit: 'leases',
  targets: [],
  contenders: WATCHED,
  places: SOCKET,
  async round(round) {
    const end = await round.running.watch?.()
    try {
      return await inEachThread(round, 'pointQueriesInLeases', ({ bench }) => ({
        millis: bench.scope.roundMillis,
        leases: 1,
      }))
    } finally {
      end?.()
    }
  },
})

const LOOKS = 1_000_000

const CHECK: Metric = { name: 'time', unit: 'ns per lease', better: 'lower' }

/** Much less than a lease takes, which is tens of microseconds. */
const MOST_NANOS = 100

/** What a lease does for its channels while nobody listens: it looks whether somebody does. */
export const unheard: Case = {
  name: 'unheard',
  title: 'Looking whether somebody listens to the channels that a lease would tell of itself',
  variants: () => [
    {
      name: '',
      measure: async ({ scope }) => {
        for (let warmUp = 0; warmUp < 3; warmUp++) nanosOf()
        const samples = new Map([['pglease', Array.from({ length: scope.rounds }, nanosOf)]])
        return [
          compare({
            name: 'unheard',
            title: unheard.title,
            metric: CHECK,
            samples,
            targets: [{ most: MOST_NANOS }],
          }),
        ]
      },
    },
  ],
}

function nanosOf(): number {
  const { leaseRequested, leaseGranted, leaseReleased } = channels
  let heard = 0
  const began = process.hrtime.bigint()
  for (let look = 0; look < LOOKS; look++) {
    if (leaseRequested.hasSubscribers) heard++
    if (leaseGranted.hasSubscribers) heard++
    if (leaseReleased.hasSubscribers) heard++
  }
  const nanos = Number(process.hrtime.bigint() - began)
  if (heard > 0) throw new Error('Somebody listens')
  return nanos / LOOKS
}
