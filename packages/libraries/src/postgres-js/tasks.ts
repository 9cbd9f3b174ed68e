import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { connect } from './database.js'

async function withSql<T>(use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect()
  try {
    return await use(sql)
  } finally {
    await sql.end()
  }
}

export const migrate = (): Promise<void> =>
  withSql(async (sql) => {
    await sql`CREATE TABLE city (id integer PRIMARY KEY, task integer NOT NULL, name text NOT NULL)`
  })

export const work = (task: number): Promise<Work> =>
  withSql(async (sql) => {
    const insert = () => sql`INSERT INTO city ${sql(citiesOf(task), 'id', 'task', 'name')} RETURNING id`
    const inserted = await insert()
    const own = () => sql`SELECT * FROM city WHERE task = ${task} ORDER BY id`
    const names = (await own()).map((row) => row.name)

    await sql.begin('ISOLATION LEVEL SERIALIZABLE', async (transaction) => {
      await transaction`UPDATE city SET name = 'renamed' WHERE id = ${inserted[0]!.id}`
    })
    const committed = (await own())[0]!.name

    await rollsBack(
      sql.begin(async (transaction) => {
        await transaction`DELETE FROM city WHERE task = ${task}`
        throw new Rollback()
      }),
    )

    let streamed = 0
    await own().cursor(2, (rows) => {
      streamed += rows.length
    })
    return {
      inserted: inserted.length,
      names,
      committed,
      rolledBack: (await own()).length,
      failure: await failureOf(insert()),
      streamed,
    }
  })

/** Cancels its query once it may, which postgres.js does by a connection of its own. */
export const cancel = (mayCancel: Int32Array): Promise<string> =>
  withSql(async (sql) => {
    const sleep = sql`SELECT pg_sleep(3600)`
    const failure = failureOf(sleep)
    while (Atomics.load(mayCancel, 0) === 0) await pause(5)
    sleep.cancel()
    return failure
  })

/** Listens, and is told by itself. */
export const hear = (task: number): Promise<string> =>
  withSql(async (sql) => {
    const channel = `channel_${task}`
    let unlisten = async () => {}
    const heard = new Promise<string>((resolve) => {
      sql.listen(channel, resolve).then((listening) => {
        unlisten = listening.unlisten
        return sql.notify(channel, `payload ${task}`)
      })
    })
    const payload = await heard
    await unlisten()
    return payload
  })
