import { equal } from 'node:assert/strict'
import { ConnectionBroker, type TaskContext } from '@pglease/broker'
import * as tasks from './tasks.js'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})

// #region rollback
/** Calls a task in this thread, in a transaction that is rolled back: nothing of it stays. */
async function callRolledBack<I, O>(task: (input: I, context: never) => Promise<O>, input: I): Promise<O> {
  let output: O
  const undo = new Error('undo')
  const { signal } = new AbortController()
  await broker
    .withTransaction(async (db) => {
      const context: Partial<TaskContext> = {
        db,
        withConnection: async (work) => work(db),
        withTransaction: (work) => db.withTransaction(work), // a savepoint
        signal,
        throwIfAborted() {},
        reportProgress() {},
      }
      output = await task(input, context as never)
      throw undo
    })
    .catch((error) => {
      if (error !== undo) throw error
    })
  return output!
}

equal(await callRolledBack(tasks.addCity, { country: 'Malta', name: 'Valletta' }), 1)
// #endregion rollback
equal(await callRolledBack(tasks.addCityInTransaction, 'Malta'), 1)

const { rows } = await broker.withConnection((client) =>
  client.query("SELECT FROM city WHERE country = 'Malta'"),
)
equal(rows.length, 0)
await broker.close()
