import type { TaskContext } from '@pglease/client'
import PgBoss from 'pg-boss'
import { failureOf, Rollback, rollsBack } from '../work.js'
import { boss } from './database.js'

const QUEUE = 'letters'

export async function migrate(_input: undefined, { db }: TaskContext): Promise<void> {
  await db.query('CREATE SCHEMA pgboss')
  await db.query(PgBoss.getConstructionPlans('pgboss'))
}

export async function createQueue(): Promise<void> {
  await boss.start()
  await boss.createQueue(QUEUE, { name: QUEUE, retryLimit: 0 })
}

/** Sends a job, and another in a transaction that fails. */
export async function send(task: number, { db }: TaskContext): Promise<string | null> {
  await boss.start()
  const executeSql = (text: string, values: unknown[]) => db.query(text, values)
  await db.query('BEGIN')
  await rollsBack(
    boss.send(QUEUE, { task: 0 }, { db: { executeSql } }).then(() => {
      throw new Rollback()
    }),
  )
  await db.query('ROLLBACK')
  return boss.send(QUEUE, { task })
}

/** Takes a job, and completes it or fails it. */
export async function take(task: number): Promise<unknown> {
  await boss.start()
  const [job] = await boss.fetch<{ task: number }>(QUEUE)
  if (job === undefined) return undefined
  if (task % 2 === 0) await boss.complete(QUEUE, job.id)
  else await boss.fail(QUEUE, job.id, { why: 'odd' })
  return job.data.task
}

/** A job that has no JSON. */
export async function fail(): Promise<string> {
  await boss.start()
  return failureOf(boss.send(QUEUE, { text: '\0' }))
}
