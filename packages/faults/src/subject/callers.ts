import { within } from '../common/until.js'
import { perform } from '../load/perform.js'
import type { Plan } from '../load/plan.js'
import { Progress } from '../load/progress.js'
import { IMPATIENT } from '../load/task-faults/aborted.js'
import { ThreadGone } from './attached-workers.js'
import type { Generation } from './generation.js'
import type { RoundSettings, Told } from './messages.js'
import { MOST_TASKS, Plans, type Via } from './plans.js'
import { Account } from './told.js'

const SOON_MILLIS = 10

/** No fault keeps a task from settling for longer, once there are no more. */
const SETTLE_MILLIS = 60_000

/** Those who have tasks done, one after another each, until they are told to stop. */
export class Callers {
  readonly #generation: () => Generation
  readonly #plans: Plans
  readonly #progress = Progress.for(MOST_TASKS)
  readonly told: Told[] = []
  /** Of tasks that have not settled. */
  readonly #open = new Map<number, Account>()
  faults = 0
  #isStopped = false
  readonly #over: Promise<unknown>

  constructor(settings: RoundSettings, generation: () => Generation) {
    this.#generation = generation
    this.#plans = new Plans(settings)
    const { callers, workers } = settings
    const all = [
      ...Array.from({ length: callers.executor }, () => this.#call('executor', this.#inTask)),
      ...Array.from({ length: callers.main }, () => this.#call('main', this.#onMainThread)),
      ...Array.from({ length: callers.worker * workers }, (_, at) =>
        this.#call('worker', (plan) => this.#inWorker(plan, at % workers)),
      ),
    ]
    this.#over = Promise.all(all)
  }

  get begun(): number {
    return this.#plans.count
  }

  /** Resolves when every task that has begun is over, or when it is told of those that are not. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await within(SETTLE_MILLIS, 'for the tasks to settle', this.#over).catch(() => {})
    for (const [id, account] of this.#open) this.told.push(account.unsettled(this.#progress.stageOf(id)))
    this.#open.clear()
  }

  async #call(via: Via, run: (plan: Plan) => Promise<unknown>): Promise<void> {
    while (!this.#isStopped && this.#plans.count < MOST_TASKS) {
      const plan = this.#plans.next(via)
      const account = new Account(plan, via)
      this.#open.set(plan.id, account)
      const told = await run(plan).then(
        (done) => account.answered(done),
        (error) => account.rejected(error, error instanceof ThreadGone && error.isCollateral),
      )
      // One that was told of as unsettled has settled all the same, too late.
      if (this.#open.delete(plan.id)) this.told.push(told)
      if (plan.fault !== undefined) this.faults++
      // Where all is refused at once the callers must not keep the loop from turning.
      if (told.error !== undefined) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  readonly #inTask = (plan: Plan): Promise<unknown> => {
    const stop = new AbortController()
    const { executor } = this.#generation()
    const request = { plan, memory: this.#progress.memory }
    // One that nobody watches may be sent ahead, and shares its thread.
    if (plan.fault?.name === IMPATIENT) abort(stop, 'soon', plan)
    else if (plan.fault === undefined && plan.id % 4 !== 0) return executor.run(request, { name: 'task' })
    return executor.run(request, {
      name: 'task',
      signal: stop.signal,
      onProgress: (how: 'now' | 'soon') => abort(stop, how, plan),
    })
  }

  readonly #onMainThread = (plan: Plan): Promise<unknown> => {
    const stop = new AbortController()
    const { signal } = stop
    const { broker } = this.#generation()
    if (plan.fault?.name === IMPATIENT) abort(stop, 'soon', plan)
    return perform(
      plan,
      this.#progress,
      (work, options) => broker.withConnection(work, { ...options, signal }),
      {
        askForAbort: (how) => abort(stop, how, plan),
        throwIfAborted: () => signal.throwIfAborted(),
        askForEnd() {
          throw new Error('The main thread is not ended')
        },
      },
    )
  }

  #inWorker(plan: Plan, at: number): Promise<unknown> {
    return this.#generation().workers[at]!.run({ plan, memory: this.#progress.memory })
  }
}

function abort(stop: AbortController, how: 'now' | 'soon', { id }: Plan): void {
  const end = () => stop.abort(new DOMException('Aborted on purpose', 'AbortError'))
  if (how === 'now') end()
  else setTimeout(end, id % SOON_MILLIS)
}
