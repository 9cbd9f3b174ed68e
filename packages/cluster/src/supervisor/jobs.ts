import type { TourRequest } from '@pglease/demo/task-parts'
import { quoted, TASK } from '../queue.js'
import type { Observer } from './observer.js'

/** Of a job that somebody else's fault may end again and again. */
const MOST_ATTEMPTS = 25

export interface JobCounts {
  readonly waiting: number
  readonly running: number
  /** For good. */
  readonly failed: number
  /** The members that have locked jobs. */
  readonly lockers: readonly string[]
}

/** The jobs of this run, by the queue's own functions and view. */
export class Jobs {
  readonly #schema: string

  constructor(
    private readonly observer: Observer,
    schema: string,
  ) {
    this.#schema = quoted(schema)
  }

  /** Adds one for each tour, the largest first; what an earlier run has left goes. */
  async add(requests: readonly TourRequest[]): Promise<void> {
    await this.clear()
    await this.observer.query(
      `select from unnest($1::text[], $2::json[]) with ordinality as each (country, payload, place)
       cross join lateral ${this.#schema}.add_job($3, payload, job_key := country, priority := place::int, max_attempts := $4)`,
      [
        requests.map(({ country }) => country),
        requests.map((request) => JSON.stringify(request)),
        TASK,
        MOST_ATTEMPTS,
      ],
    )
  }

  async count(): Promise<JobCounts> {
    const [counts] = await this.observer.query<{ -readonly [Key in keyof JobCounts]: JobCounts[Key] }>(
      `select count(*) filter (where locked_by is null and attempts < max_attempts)::int as waiting,
         count(locked_by)::int as running,
         count(*) filter (where locked_by is null and attempts >= max_attempts)::int as failed,
         coalesce(array_agg(distinct locked_by) filter (where locked_by is not null), '{}') as lockers
       from ${this.#schema}.jobs where task_identifier = $1`,
      [TASK],
    )
    return counts!
  }

  /** Gives the jobs of dead members to others, at once: by itself the queue takes them for dead after four hours. */
  async unlock(pools: readonly string[]): Promise<void> {
    await this.observer.query(`select from ${this.#schema}.force_unlock_workers($1)`, [pools])
  }

  /** Removes all of them, also those that somebody dead has locked: there is one run at a time. */
  async clear(): Promise<void> {
    await this.unlock((await this.count()).lockers)
    await this.observer.query(
      `select from ${this.#schema}.complete_jobs(
         (select coalesce(array_agg(id), '{}') from ${this.#schema}.jobs where task_identifier = $1))`,
      [TASK],
    )
  }
}
