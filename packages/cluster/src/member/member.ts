import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor, ThreadEndedError } from '@pglease/broker'
import { messageOf } from '@pglease/commands'
import type { TourRequest } from '@pglease/demo/task-parts'
import { type JobHelpers, type Runner, run, type WorkerEvents } from 'graphile-worker'
import { databaseOf } from '../database.js'
import { queueOptions, queuePool, quoted, TASK } from '../queue.js'
import { LostJobs } from './lost-jobs.js'
import type { MemberSettings, News } from './messages.js'
import { mayRunAgain } from './retry.js'

type Executor = SharedPoolExecutor<typeof import('./tasks.js')>

/** Between two looks for jobs where no notification comes through, as from a pooler by transaction. */
const POLL_MILLIS = 500

/** Between two looks for jobs that were lost. */
const MILLIS_BETWEEN_LOOKS = 2000

/** One process of the cluster: a broker, an executor, and a queue that gives it jobs. */
export class Member {
  readonly broker: ConnectionBroker
  readonly executor: Executor
  readonly #settings: MemberSettings
  readonly #tell: (news: News) => void
  readonly #lostJobs: LostJobs
  /** Under this name the queue locks its jobs. */
  #pool = ''
  #runner: Runner | undefined
  #state: 'working' | 'stopping' = 'working'

  constructor(settings: MemberSettings, tell: (news: News) => void) {
    this.#settings = settings
    this.#tell = tell
    this.broker = new ConnectionBroker({ databases: { default: databaseOf(settings) } })
    this.executor = new SharedPoolExecutor(this.broker, {
      filename: new URL('./tasks.js', import.meta.url),
      maxThreads: settings.threads,
    })
    this.#lostJobs = new LostJobs(this.broker, settings.schema)
  }

  /** Takes jobs from now on. Resolves when it takes none any more. @throws what has broken the queue */
  async work(): Promise<void> {
    const events: WorkerEvents = new EventEmitter()
    events.on('pool:create', ({ workerPool }) => {
      this.#pool = workerPool.id
      this.#tell({ kind: 'ready', pool: this.#pool })
    })
    events.on('job:start', ({ job }) => {
      this.#lostJobs.started(job)
      this.#tell({ kind: 'started', country: String(job.key), attempt: job.attempts })
    })
    events.on('job:complete', ({ job }) => this.#lostJobs.ended(job))
    // The queue would let other jobs end first, and then end as if it had been told to.
    const broken = new Promise<never>((_, reject) => {
      events.on('pool:fatalError', ({ error }) => reject(error))
    })
    broken.catch(() => {})
    this.#runner = await run({
      ...queueOptions(queuePool(this.broker), this.#settings.schema),
      // No more jobs than there are threads; and to take one it needs a connection itself.
      concurrency: this.#settings.threads,
      pollInterval: POLL_MILLIS,
      noPreparedStatements: this.#settings.isPooledByTransaction,
      parsedCronItems: [],
      events,
      taskList: {
        [TASK]: (payload, helpers) => this.#runJob(payload as unknown as TourRequest, helpers),
      },
    })
    const over = new AbortController()
    void this.#lookForLost(over.signal)
    try {
      await Promise.race([this.#runner.promise, broken])
      if (this.#state === 'working') throw new Error('The queue has ended by itself.')
    } finally {
      over.abort()
    }
  }

  async #lookForLost(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(MILLIS_BETWEEN_LOOKS, undefined, { signal, ref: false }).catch(() => {})
      // While the server is away there will be another look.
      if (!signal.aborted) await this.#lostJobs.giveBack(this.#pool).catch(() => {})
    }
  }

  /** Takes no more jobs, and resolves when those that run have ended and no connection is open. */
  async stop(): Promise<void> {
    await this.takeNoMore()
    await this.executor.close()
    await this.broker.close()
  }

  /** Resolves when the jobs that run have ended. */
  async takeNoMore(): Promise<void> {
    this.#state = 'stopping'
    await this.#runner?.stop()
  }

  /** A job is a task: with its abort, its time limit and its progress. */
  async #runJob(request: TourRequest, { job, abortSignal, withPgClient }: JobHelpers): Promise<void> {
    const { number, limitMillis, schema } = this.#settings
    const { country } = request
    try {
      const end = await this.executor.run(
        { request, process: number, attempt: job.attempts },
        {
          name: 'planCountry',
          timeoutMillis: limitMillis,
          onProgress: (fraction: number) => this.#tell({ kind: 'progress', country, fraction }),
          ...(abortSignal && { signal: abortSignal }),
        },
      )
      this.#tell({ kind: 'ended', country, end, message: '', isThreadDead: false })
    } catch (error) {
      const message = messageOf(error)
      const isAgain = abortSignal?.aborted || mayRunAgain(error)
      // Of a job that runs this takes its further attempts away.
      if (!isAgain) {
        const remove = `select from ${quoted(schema)}.remove_job($1)`
        await withPgClient((client) => client.query(remove, [job.key]))
      }
      const end = isAgain ? 'failed' : 'failed for good'
      this.#tell({ kind: 'ended', country, end, message, isThreadDead: error instanceof ThreadEndedError })
      throw error
    }
  }
}
