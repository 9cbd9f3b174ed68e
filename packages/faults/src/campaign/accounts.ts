import { taskFaultOf } from '../load/task-faults/index.js'
import type { Told } from '../subject/messages.js'
import { ownEndOf } from '../subject/told.js'
import { failureOf } from './failure.js'
import type { Discrepancy } from './ledger.js'
import { type FaultWindow, reasonFor } from './windows.js'

/** One line of the table. */
export interface FaultFigures {
  times: number
  /** Tasks that failed of it. */
  affected: number
  unaccounted: number
}

export interface Unaccounted {
  readonly what: string
  /** Of how many tasks nothing else is known; one for what is wrong with one or with none. */
  readonly count: number
  readonly task?: Told
  /** The faults that were there at the time. */
  readonly faults: readonly string[]
}

export function countUnaccounted(all: readonly Unaccounted[]): number {
  return all.reduce((sum, { count }) => sum + count, 0)
}

/** For failures of tasks whose thread another task has ended. */
const NEIGHBOUR = '(ended with its thread)'
const NO_FAULT = '(no fault)'

/** Accounts for every task exactly once: done, failed of its own fault or of another that may cost that, or unaccounted. */
export class Accounts {
  readonly figures: Record<string, FaultFigures> = {}
  readonly unaccounted: Unaccounted[] = []
  tasks = 0
  failed = 0

  get faults(): number {
    return Object.values(this.figures).reduce((sum, { times }) => sum + times, 0)
  }

  add(told: readonly Told[], windows: readonly FaultWindow[], discrepancies: readonly Discrepancy[]): void {
    for (const { fault } of windows) this.#figuresOf(fault.name).times++
    const wrong = new Map(discrepancies.map(({ id, what }) => [id, what]))
    for (const task of [...told].sort((one, other) => one.end - other.end)) {
      this.tasks++
      if (task.fault !== undefined) this.#figuresOf(task.fault).times++
      const complaint = task.violation ?? wrong.get(task.id) ?? this.#complaintAbout(task, windows)
      if (complaint !== undefined) this.complain(complaint, windows, task)
    }
    for (const { id, what } of discrepancies) if (id === undefined) this.complain(what, windows)
  }

  /** The process has ended before it told what became of its tasks. */
  lose(count: number, what: string): void {
    this.tasks += count
    this.#figuresOf(NO_FAULT).unaccounted += count
    this.unaccounted.push({ what, count, faults: [] })
  }

  complain(what: string, windows: readonly FaultWindow[], task?: Told): void {
    const there = task === undefined ? [] : windows.filter((window) => window.meets(task))
    const name = task?.fault ?? there.at(-1)?.fault.name ?? NO_FAULT
    this.#figuresOf(name).unaccounted++
    this.unaccounted.push({
      what,
      count: 1,
      ...(task === undefined ? {} : { task }),
      faults: there.map(({ fault }) => fault.name),
    })
  }

  /** Why the failure of a task is not in order. */
  #complaintAbout(task: Told, windows: readonly FaultWindow[]): string | undefined {
    const { error, fault, isCollateral } = task
    if (error === undefined) return undefined
    this.failed++
    const own = ownEndOf(error)
    if (fault !== undefined && own !== undefined && taskFaultOf(fault).ends.includes(own)) {
      this.#figuresOf(fault).affected++
      return undefined
    }
    if (isCollateral) {
      this.#figuresOf(NEIGHBOUR).affected++
      return undefined
    }
    const failure = failureOf(error)
    const reason = failure && reasonFor(failure, task, windows)
    if (reason === undefined)
      return `No fault is the reason for ${error.name} ${error.code}: ${error.message}`
    this.#figuresOf(reason.fault.name).affected++
    return undefined
  }

  #figuresOf(name: string): FaultFigures {
    this.figures[name] ??= { times: 0, affected: 0, unaccounted: 0 }
    return this.figures[name]
  }
}
