import { alternate } from '../harness/alternate.js'
import { runProgram } from '../harness/program.js'
import { compare, type Metric, type Result } from '../harness/result.js'
import type { FirstResultInput, Start } from '../programs/first-result.js'
import type { Bench, Case } from './case.js'

const ROUNDS = 7

const MILLIS: Metric = { name: 'time', unit: 'ms', better: 'lower' }
const MEBIBYTES: Metric = { name: 'memory', unit: 'MiB', better: 'lower' }

const STARTS: readonly { variant: string; title: string; ways: readonly Start[] }[] = [
  {
    variant: 'task',
    title: 'From `new ConnectionBroker` to the result of the first task, its thread included',
    ways: ['pglease', 'own pool'],
  },
  {
    variant: 'main-thread',
    title: 'From `new ConnectionBroker` to the first result on the main thread',
    ways: ['ConnectionBroker', 'pg.Pool'],
  },
]

const PACKAGES = ['@pglease/broker', '@pglease/client', 'pg', 'piscina', 'comlink', 'postgres']

export const start: Case = {
  name: 'start',
  title: 'The first result in a fresh process, and the import of each package',
  variants: () => [
    ...STARTS.map(({ variant, title, ways }) => ({
      name: variant,
      measure: (bench: Bench) => measureFirstResult(bench, variant, title, ways),
    })),
    { name: 'import', measure: measureImport },
  ],
}

async function measureFirstResult(
  { scope, addresses }: Bench,
  variant: string,
  title: string,
  ways: readonly Start[],
): Promise<Result[]> {
  const entrants = ways.map((way) => {
    const input: FirstResultInput = { way, address: addresses.socket }
    return { name: way, round: () => runProgram('first-result', input) }
  })
  const samples = await alternate(entrants, Math.min(scope.rounds, ROUNDS))
  return [compare({ name: `start/${variant}`, title, metric: MILLIS, samples: samples.get('millis')! })]
}

async function measureImport({ scope }: Bench): Promise<Result[]> {
  const entrants = PACKAGES.map((name) => ({ name, round: () => runProgram('import', { name }) }))
  const samples = await alternate(entrants, Math.min(scope.rounds, ROUNDS))
  const title = 'What a package and all it needs cost to import'
  return [
    compare({ name: 'start/import/millis', title, metric: MILLIS, samples: samples.get('millis')! }),
    compare({ name: 'start/import/mebibytes', title, metric: MEBIBYTES, samples: samples.get('mebibytes')! }),
  ]
}
