import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { AttachedWorker, THREAD_LIMITS } from './attached-workers.js'
import { BREACH, type RoundSettings } from './messages.js'

/** Of one that is closed, a thread that does not hear of its abort is ended after this. */
const ABORT_GRACE_MILLIS = 150

/** A broker with all that leases from it. */
export class Generation {
  readonly broker: ConnectionBroker
  readonly executor: SharedPoolExecutor<typeof import('../load/tasks.js')>
  readonly workers: readonly AttachedWorker[]
  /** Hears of warnings, and of errors that are no task's. */
  tell: (what: string) => void = () => {}
  readonly #max: number
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor({ database, threads, workers }: RoundSettings) {
    this.#max = database.max!
    this.broker = new ConnectionBroker({ databases: { default: database } })
    this.broker.on('warning', ({ code, message }) =>
      // No thread breaks a rule here, whatever happens to it.
      this.tell(code === BREACH ? `${BREACH}: ${message}` : code),
    )
    this.executor = new SharedPoolExecutor(this.broker, {
      filename: new URL('../load/tasks.js', import.meta.url).href,
      maxThreads: threads,
      abortGraceMillis: ABORT_GRACE_MILLIS,
      resourceLimits: THREAD_LIMITS,
    })
    this.executor.on('error', (error: Error) => this.tell(`error: ${error.message}`))
    this.workers = Array.from({ length: workers }, () => new AttachedWorker(this.broker))
  }

  /** The connections that it may have. */
  get limit(): number {
    return this.#state === 'closed' ? 0 : this.#max
  }

  get figures() {
    return this.broker.stats().default!
  }

  async pause(millis: number): Promise<void> {
    if (this.#state !== 'open') return
    const paused = this.broker.pause()
    await sleep(millis)
    if (this.broker.state === 'open') this.broker.resume()
    await paused
  }

  async shrink(millis: number): Promise<void> {
    if (this.#state !== 'open') return
    this.broker.resize('default', { max: 1 })
    await sleep(millis)
    if (this.broker.state === 'open') this.broker.resize('default', { max: this.#max })
  }

  /** Closes all of it, one before the other. */
  async close(first: 'broker' | 'executor', timeoutMillis: number): Promise<void> {
    this.#state = 'closing'
    for (const worker of this.workers) worker.leave()
    const closeBroker = async () => {
      await this.broker.close({ timeoutMillis })
      this.#state = 'closed'
    }
    const closeExecutor = () => this.executor.close({ timeoutMillis })
    const [one, other] = first === 'broker' ? [closeBroker, closeExecutor] : [closeExecutor, closeBroker]
    await one()
    await other()
    await Promise.all(this.workers.map((worker) => worker.close()))
  }
}
