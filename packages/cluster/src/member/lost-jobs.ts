import type { ConnectionBroker } from '@pglease/broker'
import type { Job } from 'graphile-worker'
import { quoted, TASK } from '../queue.js'

type JobRun = Pick<Job, 'id' | 'attempts'>

/** So many that have ended are remembered: that they have may not be written yet. */
const MOST_ENDED = 1000

/**
 * The jobs that the queue has locked for this process without its knowledge, because the answer that gave it one was lost: nobody
 * would run such a job for four hours. A run of a job is known by the job's id and its attempt.
 */
export class LostJobs {
  readonly #running = new Set<string>()
  readonly #ended = new Set<string>()

  constructor(
    private readonly broker: ConnectionBroker,
    private readonly schema: string,
  ) {}

  /** The process knows of it. */
  started(job: JobRun): void {
    this.#running.add(keyOf(job))
  }

  ended(job: JobRun): void {
    this.#running.delete(keyOf(job))
    this.#ended.add(keyOf(job))
    for (const key of this.#ended) {
      if (this.#ended.size <= MOST_ENDED) return
      this.#ended.delete(key)
    }
  }

  /**
   * Gives those back that are locked under this name for long, as the queue itself gives jobs back. At its last attempt a job stays: so
   * does one that is not to be run again.
   */
  async giveBack(pool: string): Promise<void> {
    await this.broker.withConnection((client) =>
      client.query(
        `update ${quoted(this.schema)}._private_jobs as job
         set attempts = greatest(0, job.attempts - 1), locked_by = null, locked_at = null
         from ${quoted(this.schema)}._private_tasks as task
         where task.id = job.task_id and task.identifier = $1 and job.locked_by = $2
           and job.locked_at < now() - interval '5 seconds' and job.attempts < job.max_attempts
           and job.id || ' ' || job.attempts <> all($3)`,
        [TASK, pool, [...this.#running, ...this.#ended]],
      ),
    )
  }
}

const keyOf = ({ id, attempts }: JobRun): string => `${id} ${attempts}`
