/** A plain worker thread that calls its functions when asked, and posts how they settled. */
import { parentPort } from 'node:worker_threads'
import { leased, withConnection } from '@pglease/client'

const pidOf = async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

const simultaneous = leased(async (client, others) => {
  const pid = await pidOf(client)
  others.come()
  await others.all
  return pid
})

const functions = {
  processId: (options) => withConnection(pidOf, options),

  adds: leased(
    async (client, a, b) => (await client.query('SELECT $1::int + $2::int AS sum', [a, b])).rows[0].sum,
  ),

  fails: leased(async (client, message) => {
    await client.query('BEGIN')
    throw new Error(message)
  }),

  /** Each of two calls waits for the other to have its connection. */
  async twoAtATime() {
    let here = 0
    const others = {}
    others.all = new Promise((resolve) => {
      others.come = () => ++here === 2 && resolve()
    })
    return Promise.all([simultaneous(others), simultaneous(others)])
  },

  looksAtReplica: leased(
    async (client) =>
      (
        await client.query(
          `SELECT current_setting('application_name') AS name, current_setting('transaction_isolation') AS level,
                  current_setting('transaction_read_only') AS "readOnly"`,
        )
      ).rows[0],
    { database: 'replica', isolationLevel: 'serializable', readOnly: true },
  ),
}

parentPort.on('message', async ({ name, values }) => {
  try {
    parentPort.postMessage({ result: await functions[name](...values) })
  } catch (error) {
    const { message, code, retryable, database } = error
    parentPort.postMessage({ error: { message, code, retryable, database } })
  }
})
