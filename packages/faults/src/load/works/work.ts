import type { ClientOptions, LeasedClient } from '@pglease/client'
import type { Random } from '../../common/random.js'
import type { Phase } from '../plan.js'
import type { Steps } from '../steps.js'

/** What a work has at hand. */
interface Tools {
  readonly db: LeasedClient
  /** Of the task. */
  readonly id: number
  readonly random: Random
  readonly steps: Steps
}

/** One kind of work that a task does with its lease. */
export interface Work {
  readonly name: string
  /** How often it is done, beside the others. */
  readonly weight: number
  /** Those that it goes through beside the common ones. */
  readonly phases: readonly Phase[]
  /** How many rows of the task's are in the ledger once it is done. */
  readonly rows: 0 | 1
  readonly options?: ClientOptions
  /** Whether its transaction is open when it is over. */
  readonly leavesTransaction?: true
  /** Whether what it has sent when it is over has to be answered: it leases for a part of its task, and leaves nothing else. */
  readonly leavesQuery?: true
  /** Checks each answer. What it returns only depends on the plan. @throws `wrong` for a wrong answer */
  run(tools: Tools): Promise<unknown>
  /** What it returns. */
  expected(random: Random, id: number): unknown
}
