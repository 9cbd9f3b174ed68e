import { Random } from '../common/random.js'
import { type Done, PLANNED, type Plan, WRONG } from '../load/plan.js'
import { taskFaultOf } from '../load/task-faults/index.js'
import type { OwnEnd } from '../load/task-faults/task-fault.js'
import { workOf } from '../load/works/index.js'
import { now, type Told, type ToldError } from './messages.js'

/** The code of the error of tasks whose worker thread has ended. */
export const THREAD_GONE = 'LOAD_THREAD_GONE'

/** Writes down what a caller is told of its task. */
export class Account {
  readonly #plan: Plan
  readonly #via: string
  readonly #begin = now()

  constructor(plan: Plan, via: string) {
    this.#plan = plan
    this.#via = via
  }

  answered(done: unknown): Told {
    const { id, work, seed, fault } = this.#plan
    const expected = workOf(work).expected(new Random(seed), id)
    const { id: foundId, value } = Object(done) as Partial<Done>
    const isRight = foundId === id && JSON.stringify(value) === JSON.stringify(expected)
    if (!isRight) return this.#told({ violation: `It was told ${JSON.stringify(done)}` })
    const mayAnswer = fault === undefined || taskFaultOf(fault.name).ends.includes('answered')
    return this.#told(mayAnswer ? {} : { violation: 'It answers in spite of its fault' })
  }

  /** @param isCollateral whether the failure is that of another task. */
  rejected(reason: unknown, isCollateral = false): Told {
    const error = describe(reason)
    const isWrong = error.code === WRONG || /begun twice/.test(error.message)
    const violation = isWrong ? { violation: error.message } : {}
    return this.#told({ error, ...violation, ...(isCollateral ? { isCollateral } : {}) })
  }

  /** @param stage where it stands. */
  unsettled(stage: string): Told {
    return this.#told({ violation: `It has never settled: ${stage}` })
  }

  #told(more: Partial<Told>): Told {
    const { id, work, leaves, fault } = this.#plan
    const carried = fault === undefined ? {} : { fault: fault.name, phase: fault.phase }
    return { id, via: this.#via, work, leaves, ...carried, begin: this.#begin, end: now(), ...more }
  }
}

function describe(reason: unknown): ToldError {
  const { name, code, message, retryable, commit } = Object(reason) as Partial<ToldError>
  return {
    name: String(name ?? typeof reason),
    code: String(code ?? ''),
    message: String(message ?? reason).slice(0, 500),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(commit === undefined ? {} : { commit }),
  }
}

/** Which of the ends that a fault of its own may bring a task has come to; undefined for another. */
export function ownEndOf({ code, name }: ToldError): OwnEnd | undefined {
  if (code === PLANNED) return 'planned'
  if (name === 'AbortError') return 'abort'
  if (name === 'DataCloneError') return 'uncloneable'
  if (code === 'PGLEASE_THREAD_ENDED' || code === THREAD_GONE) return 'thread'
  return undefined
}
