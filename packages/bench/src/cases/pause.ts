import { clonedRows } from '../contenders/cloned-rows.js'
import type { Contender } from '../contenders/contender.js'
import { ownPool } from '../contenders/own-pool.js'
import { pglease } from '../contenders/pglease.js'
import { alternate } from '../harness/alternate.js'
import { runProgram } from '../harness/program.js'
import { compare, type Metric, type Result, type Target } from '../harness/result.js'
import type { PauseInput } from '../programs/pause.js'
import { createLines, LINE_BYTES } from '../server/data.js'
import type { Bench, Case } from './case.js'

const COPIES = 5
/** A few windows of a MiB each; the system counts in pages, and V8 takes memory in larger pieces. */
const targets: readonly Target[] = [{ most: 8 }]
const metric: Metric = { name: 'memory that the pause costs', unit: 'MiB', better: 'lower' }

const TITLE = 'A thread that stops in the middle of 1 GB by COPY: 0.5 s of computing, 0.5 s of waiting'

/** What becomes of the bytes that the server goes on sending to a thread which does not read. */
export const pause: Case = {
  name: 'pause',
  title: TITLE,
  variants: () => [{ name: '', measure }],
}

async function measure(bench: Bench): Promise<Result[]> {
  const { scope, addresses, admin } = bench
  const lines = (scope.quick ? 20_000_000 : 200_000_000) / LINE_BYTES
  await createLines(admin, lines)
  const entrants = bench.available([pglease, ownPool, clonedRows]).map(({ name }: Contender) => ({
    name,
    round: () => {
      const input: PauseInput = { contender: name, address: addresses.socket, lines, copies: COPIES }
      return runProgram('pause', input)
    },
  }))
  const samples = await alternate(entrants, scope.processRounds)
  return [compare({ name: 'pause', title: TITLE, metric, samples: samples.get('growth')!, targets })]
}
