import { clonedRows } from '../contenders/cloned-rows.js'
import { ownPool } from '../contenders/own-pool.js'
import { pglease } from '../contenders/pglease.js'
import { alternate } from '../harness/alternate.js'
import { runProgram } from '../harness/program.js'
import { compare, type Metric, type Result } from '../harness/result.js'
import type { LeaseMemoryInput } from '../programs/lease-memory.js'
import type { ManyThreadsInput } from '../programs/many-threads.js'
import type { Bench, Case } from './case.js'

const THREADS = [1, 2, 4, 8, 16, 32, 64]
const QUICK_THREADS = [4, 16]
const CONNECTIONS = 4

const METRICS: Readonly<Record<string, Metric>> = {
  rate: { name: 'throughput', unit: 'leases/s', better: 'higher' },
  cpu: { name: 'processor time of this process', unit: 'µs per lease', better: 'lower' },
  thread: { name: 'memory', unit: 'MiB per thread', better: 'lower' },
}

/** Of a lease's processor time on the most threads to that on as many threads as connections. */
const MOST_GROWTH = 2

/** Compilers and caches go on for a while; a leak of an object costs more. */
const MOST_BYTES_KEPT = 32

const TITLE = `Leases opened, used for one query and released, on at most ${CONNECTIONS} connections; own pools have one per thread`

/** Whether anything grows faster than the number of threads and leases. */
export const leases: Case = {
  name: 'leases',
  title: TITLE,
  variants: () => [
    { name: 'threads', measure: measureThreads },
    { name: 'memory', measure: measureMemory },
  ],
}

async function measureThreads(bench: Bench): Promise<Result[]> {
  const { scope } = bench
  const results: Result[] = []
  const processorTime = new Map<string, readonly number[]>()
  for (const threads of scope.quick ? QUICK_THREADS : THREADS) {
    bench.progress(`${threads} threads`)
    const samples = await alternate(entrantsFor(bench, threads), scope.processRounds)
    for (const [key, metric] of Object.entries(METRICS))
      results.push(
        compare({
          name: `leases/threads/${threads}/${key}`,
          title: TITLE,
          metric,
          samples: samples.get(key)!,
          point: { axis: 'threads', at: threads },
        }),
      )
    processorTime.set(`${threads} threads`, samples.get('cpu')!.get(pglease.name)!)
  }
  return [...results, growth(processorTime)]
}

function entrantsFor({ addresses, available }: Bench, threads: number) {
  return available([pglease, ownPool, clonedRows]).map((contender) => {
    const connections = contender === ownPool ? threads : Math.min(CONNECTIONS, threads)
    const setting = { address: addresses.socket, threads, connections, perThread: 1 }
    const input: ManyThreadsInput = { contender: contender.name, setting }
    return { name: contender.name, round: () => runProgram('many-threads', input) }
  })
}

/** The most threads first, compared with each smaller number. */
function growth(processorTime: ReadonlyMap<string, readonly number[]>): Result {
  return compare({
    name: 'leases/threads/growth',
    title: "pglease's processor time for a lease, by the number of threads",
    metric: METRICS.cpu!,
    samples: new Map([...processorTime].reverse()),
    targets: [{ against: `${CONNECTIONS} threads`, most: MOST_GROWTH }],
  })
}

async function measureMemory({ scope, addresses }: Bench): Promise<Result[]> {
  const [few, many] = scope.quick ? [500, 2000] : [1000, 20_000]
  const input: LeaseMemoryInput = { address: addresses.socket, waiting: few, finished: many }
  const entrants = [{ name: pglease.name, round: () => runProgram('lease-memory', input, ['--expose-gc']) }]
  const samples = await alternate(entrants, scope.processRounds)
  const waiting: Metric = { name: 'memory', unit: 'KiB per waiting lease', better: 'lower' }
  const kept: Metric = { name: 'memory kept', unit: 'bytes per finished lease', better: 'lower' }
  return [
    compare({
      name: 'leases/memory/waiting',
      title: `${few} leases of one thread that wait for a connection`,
      metric: waiting,
      samples: samples.get('waiting')!,
    }),
    compare({
      name: 'leases/memory/kept',
      title: `${many} leases, one after another`,
      metric: kept,
      samples: samples.get('kept')!,
      // Few leases are all warm-up.
      targets: scope.quick ? [] : [{ most: MOST_BYTES_KEPT }],
    }),
  ]
}
