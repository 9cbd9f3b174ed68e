import type { JobEnd } from '../member/messages.js'

interface JobRun {
  readonly process: number
  readonly attempt: number
  end: JobEnd | 'under way' | 'cut off'
  message: string
  /** How far it is, from 0 to 1. */
  fraction: number
}

/** What each job has gone through. */
export interface JobStory {
  readonly country: string
  readonly runs: readonly JobRun[]
}

/** Who has run which job, as the members tell it. */
export class Ledger {
  readonly #runs = new Map<string, JobRun[]>()

  started(process: number, country: string, attempt: number): void {
    const runs = this.#runs.get(country) ?? []
    runs.push({ process, attempt, end: 'under way', message: '', fraction: 0 })
    this.#runs.set(country, runs)
  }

  progressed(process: number, country: string, fraction: number): void {
    const run = this.#runs.get(country)?.findLast((each) => each.process === process)
    if (run !== undefined) run.fraction = fraction
  }

  ended(process: number, country: string, end: JobEnd, message: string): void {
    const run = this.#runs.get(country)?.findLast((each) => each.process === process)
    if (run === undefined) return
    run.end = end
    run.message = message
  }

  /** The process is dead, and so is whatever it ran. @returns how many that were */
  cutOff(process: number): number {
    const runs = [...this.#runs.values()].flat()
    const cut = runs.filter((run) => run.process === process && run.end === 'under way')
    for (const run of cut) run.end = 'cut off'
    return cut.length
  }

  /** Those that were run more than once. An attempt may have been cut off before it was told of. */
  get runAgain(): JobStory[] {
    return this.#stories.filter(({ runs }) => runs.at(-1)!.attempt > 1)
  }

  get failedForGood(): JobStory[] {
    return this.#stories.filter(({ runs }) => runs.at(-1)!.end === 'failed for good')
  }

  /** How many of its runs have ended so. */
  count(process: number, ...ends: readonly JobRun['end'][]): number {
    const runs = [...this.#runs.values()].flat()
    return runs.filter((run) => run.process === process && ends.includes(run.end)).length
  }

  /** What a process runs now. */
  underWay(process: number): { readonly country: string; readonly fraction: number }[] {
    return this.#stories.flatMap(({ country, runs }) =>
      runs
        .filter((run) => run.process === process && run.end === 'under way')
        .map(({ fraction }) => ({ country, fraction })),
    )
  }

  get #stories(): JobStory[] {
    return Array.from(this.#runs, ([country, runs]) => ({ country, runs }))
  }
}
