import type { JobHelpers } from 'graphile-worker'
import { Rollback, rollsBack } from '../work.js'
import { runJobs, utils } from './database.js'

export async function migrate(): Promise<void> {
  await utils.migrate()
  await utils.withPgClient((client) => client.query('CREATE TABLE done (job integer, runner integer)'))
}

/** Adds a job, one that will fail, and one in a transaction that fails. */
export async function add(task: number): Promise<void> {
  await utils.addJob('record', { task })
  await utils.addJob('fail', { task }, { maxAttempts: 1 })
  await rollsBack(
    utils.withPgClient(async (client) => {
      await client.query('BEGIN')
      try {
        await client.query("SELECT graphile_worker.add_job('record', '{\"task\": 0}')")
        throw new Rollback()
      } finally {
        await client.query('ROLLBACK')
      }
    }),
  )
}

/** Runs what is due, along with others. */
export const run = (runner: number): Promise<void> =>
  runJobs({
    async record(payload, { withPgClient }: JobHelpers) {
      const { task } = payload as { task: number }
      await withPgClient((client) => client.query('INSERT INTO done VALUES ($1, $2)', [task, runner]))
    },
    async fail() {
      throw new Error('as it should')
    },
  })

/** The jobs that are done, and the errors of those that have failed. */
export const report = (): Promise<{ done: number[]; errors: string[] }> =>
  utils.withPgClient(async (client) => {
    const done = await client.query<{ job: number }>('SELECT job FROM done ORDER BY job')
    const failed = await client.query<{ last_error: string }>(
      'SELECT last_error FROM graphile_worker._private_jobs WHERE last_error IS NOT NULL',
    )
    return {
      done: done.rows.map(({ job }) => job),
      errors: failed.rows.map(({ last_error }) => last_error.split('\n')[0]!),
    }
  })
