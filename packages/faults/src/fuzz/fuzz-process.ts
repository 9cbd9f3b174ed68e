/** The process in which the targets of one group run: its end, where it is not asked for, is what is looked for. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Random, seedOf } from '../common/random.js'
import { GROUPS } from './groups.js'
import type { Target, World } from './target.js'

export interface FuzzRequest extends World {
  readonly group: string
  /** Only these of its targets; all when empty. */
  readonly targets: readonly string[]
  readonly seed: number
  /** The first batch to run; 0 is that of the kept cases. */
  readonly from: number
  readonly seconds: number
  /** Ends before the time is over. */
  readonly batches: number
}

export type FuzzMessage =
  /** A batch begins. */
  | { readonly batch: number; readonly target: string }
  | { readonly cases: number; readonly target: string; readonly longestTurnMillis: number }
  | { readonly wrong: string; readonly target: string }

const tell = (message: FuzzMessage) => void process.send!(message)

// When whoever supervises it is gone.
const exit = () => process.exit()
process.once('disconnect', exit)
process.once('message', (request: FuzzRequest) => void fuzz(request))

async function fuzz(request: FuzzRequest): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const deadline = performance.now() + request.seconds * 1000
  const group = GROUPS.find(({ name }) => name === request.group)!
  const targets = await group.open(request)
  const isChosen = ({ name }: Target) => request.targets.length === 0 || request.targets.includes(name)
  // One that has failed is left out from then on: it would fail again in the same way.
  const chosen = new Set(targets.filter(isChosen))
  delay.enable()
  for (
    let batch = request.from;
    chosen.size > 0 && batch < request.batches && performance.now() < deadline;
    batch++
  ) {
    for (const target of chosen) {
      const { name, run } = target
      tell({ batch, target: name })
      const seed = batch === 0 ? undefined : new Random(seedOf(request.seed, name, batch)).below(2 ** 31)
      try {
        tell({ cases: await run(seed), target: name, longestTurnMillis: delay.max / 1e6 })
      } catch (error) {
        tell({ wrong: describe(error), target: name })
        chosen.delete(target)
      }
    }
  }
  for (const target of targets) await target.close()
  process.off('disconnect', exit)
  process.disconnect()
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message.startsWith('Property failed') ? error.message : (error.stack ?? error.message)
}
