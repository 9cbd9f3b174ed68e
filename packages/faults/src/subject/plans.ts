import { Random, seedOf } from '../common/random.js'
import { LEAVINGS } from '../load/leavings.js'
import { COMMON_PHASES, type Plan } from '../load/plan.js'
import { TASK_FAULTS } from '../load/task-faults/index.js'
import type { TaskFault } from '../load/task-faults/task-fault.js'
import { WORKS } from '../load/works/index.js'
import type { Work } from '../load/works/work.js'
import type { RoundSettings } from './messages.js'

export type Via = TaskFault['in'][number]

/** More tasks than a round has. */
export const MOST_TASKS = 200_000

/** The tasks of a round: what the one of a number is to do only depends on the seed and on where it runs. */
export class Plans {
  readonly #settings: RoundSettings
  #next = 0

  constructor(settings: RoundSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#next
  }

  next(via: Via): Plan {
    const id = this.#next++
    const { seed, faultPercent, faults } = this.#settings
    const random = new Random(seedOf(seed, 'task', id))
    const work = random.pickWeighted(WORKS)
    const plan: Plan = {
      id,
      work: work.name,
      seed: random.below(2 ** 31),
      leaves: pickLeaving(random, work),
      by: random.chance(0.5) && !work.leavesQuery ? 'client' : 'part',
    }
    const carried = TASK_FAULTS.filter(
      (fault) => fault.in.includes(via) && (faults.length === 0 || faults.includes(fault.name)),
    )
    if (carried.length === 0 || !random.chance(faultPercent / 100)) return plan
    const { name } = random.pickWeighted(carried)
    return { ...plan, fault: { name, phase: random.pick([...COMMON_PHASES, ...work.phases]) } }
  }
}

function pickLeaving(random: Random, { options, leavesTransaction, leavesQuery }: Work): string {
  if (leavesQuery) return 'nothing'
  const may = Object.entries(LEAVINGS)
    .filter(([, each]) => !(options?.pipeline && each.isNotForPipelines))
    .filter(([, each]) => !(leavesTransaction && each.isNotForTransactions))
  return random.pickWeighted(may.map(([name, { weight }]) => ({ name, weight }))).name
}
