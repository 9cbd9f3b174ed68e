import { alternate } from '../harness/alternate.js'
import { runProgram } from '../harness/program.js'
import { compare, type Metric, type Result, type Target } from '../harness/result.js'
import type { FirstResultInput, Start } from '../programs/first-result.js'
import type { Bench, Case } from './case.js'

const ROUNDS = 7

const MILLIS: Metric = { name: 'time', unit: 'ms', better: 'lower' }
const MEBIBYTES: Metric = { name: 'memory', unit: 'MiB', better: 'lower' }

const STARTS: readonly {
  variant: string
  title: string
  ways: readonly Start[]
  targets?: readonly Target[]
}[] = [
  {
    variant: 'task',
    title: 'From `new ConnectionBroker` to the result of the first task, its thread included',
    ways: ['pglease', 'own pool'],
    targets: [{ against: 'own pool', most: 1.2 }],
  },
  {
    variant: 'main-thread',
    title: 'From `new ConnectionBroker` to the first result on the main thread',
    ways: ['ConnectionBroker', 'pg.Pool'],
  },
]

/** What people import who have a pool in each thread. */
const TOGETHER = 'pg and piscina'

const IMPORTS: readonly { name: string; names: readonly string[] }[] = [
  { name: '@pglease/broker', names: ['@pglease/broker'] },
  { name: '@pglease/client', names: ['@pglease/client'] },
  { name: 'pg', names: ['pg'] },
  { name: TOGETHER, names: ['pg', 'piscina'] },
  { name: 'comlink', names: ['comlink'] },
  { name: 'postgres', names: ['postgres'] },
]

export const start: Case = {
  name: 'start',
  title: 'The first result in a fresh process, and the import of each package',
  variants: () => [
    ...STARTS.map((start) => ({
      name: start.variant,
      measure: (bench: Bench) => measureFirstResult(bench, start),
    })),
    { name: 'import', measure: measureImport },
  ],
}

async function measureFirstResult(
  { scope, addresses }: Bench,
  { variant, title, ways, targets = [] }: (typeof STARTS)[number],
): Promise<Result[]> {
  const entrants = ways.map((way) => {
    const input: FirstResultInput = { way, address: addresses.socket }
    return { name: way, round: () => runProgram('first-result', input) }
  })
  const samples = await alternate(entrants, Math.min(scope.rounds, ROUNDS))
  return [
    compare({ name: `start/${variant}`, title, metric: MILLIS, targets, samples: samples.get('millis')! }),
  ]
}

async function measureImport({ scope }: Bench): Promise<Result[]> {
  const entrants = IMPORTS.map(({ name, names }) => ({ name, round: () => runProgram('import', { names }) }))
  const samples = await alternate(entrants, Math.min(scope.rounds, ROUNDS))
  const title = 'What a package and all it needs cost to import'
  return [
    compare({
      name: 'start/import/millis',
      title,
      metric: MILLIS,
      targets: [{ against: TOGETHER, most: 1 }],
      samples: samples.get('millis')!,
    }),
    compare({ name: 'start/import/mebibytes', title, metric: MEBIBYTES, samples: samples.get('mebibytes')! }),
  ]
}
