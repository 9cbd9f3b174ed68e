import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LeasedClient } from '@pglease/client'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { ConnectionBroker, DatabaseOptions } from '../../src/index.js'
import { until } from './until.js'

/** What a probe is given: brokers through the pooler, and a way around it. */
export interface Through {
  /** A broker with these options, and, but where a probe is of them, with those that the mode asks for. */
  broker(options?: DatabaseOptions): ConnectionBroker
  broker(options: DatabaseOptions, which: 'with defaults'): ConnectionBroker
  /** Straight to the server. */
  direct: pg.Client
}

/** Each says whether something holds. The names are those of the table in `poolers.md`. */
export const PROBES: Record<string, (through: Through) => Promise<boolean>> = {
  'queries with parameters': async ({ broker }) => {
    const { rows } = await broker().withConnection((client) => client.query('SELECT $1::int AS one', [1]))
    return rows[0].one === 1
  },

  'several queries in a transaction: `withTransaction`': ({ broker, direct }) =>
    broker().withTransaction(async (client) => {
      const before = await processOf(client)
      return (await elsewhere(broker(), direct, () => processOf(client))) === before
    }),

  'the isolation level and `readOnly` of `withTransaction`': ({ broker, direct }) =>
    broker().withTransaction(
      async (client) => {
        const shown = () => show(client, 'transaction_isolation')
        return (await elsewhere(broker(), direct, shown)) === 'serializable'
      },
      { isolationLevel: 'serializable', readOnly: true },
    ),

  'the isolation level and `readOnly` of a lease or a database': async ({ broker, direct }) => {
    const other = broker()
    const own = broker({ isolationLevel: 'serializable', readOnly: true })
    return own.withConnection(async (client) => {
      await client.query('SELECT 1')
      const shown = () => show(client, 'transaction_isolation')
      return (await elsewhere(other, direct, shown)) === 'serializable'
    })
  },

  'a setting: `SET`': ({ broker, direct }) => {
    const own = broker()
    return own.withConnection(async (client) => {
      await client.query("SET lock_timeout = '4321ms'")
      return (await elsewhere(own, direct, () => show(client, 'lock_timeout'))) === '4321ms'
    })
  },

  'a setting of a transaction: `SET LOCAL`': ({ broker, direct }) =>
    broker().withTransaction(async (client) => {
      await client.query("SET LOCAL lock_timeout = '4321ms'")
      return (await elsewhere(broker(), direct, () => show(client, 'lock_timeout'))) === '4321ms'
    }),

  'settings of `onConnect`': async ({ broker, direct }) => {
    const other = broker()
    const own = broker({ onConnect: (client) => client.query("SET lock_timeout = '4321ms'") })
    return own.withConnection(async (client) => {
      await client.query('SELECT 1')
      return (await elsewhere(other, direct, () => show(client, 'lock_timeout'))) === '4321ms'
    })
  },

  'the settings of one lease are not seen by the next': async ({ broker }) => {
    const own = broker()
    await own.withConnection((client) => client.query("SET lock_timeout = '4321ms'"))
    return (await own.withConnection((client) => show(client, 'lock_timeout'))) === '0'
  },

  'temporary tables': ({ broker, direct }) => {
    const own = broker()
    return own.withConnection(async (client) => {
      await client.query('CREATE TEMPORARY TABLE scratch (id int)')
      const { rows } = await elsewhere(own, direct, () =>
        client.query("SELECT to_regclass('pg_temp.scratch') IS NOT NULL AS found"),
      )
      return rows[0].found
    })
  },

  'locks of a session: `pg_advisory_lock`': ({ broker, direct }) => {
    const own = broker()
    return own.withConnection(async (client) => {
      await client.query('SELECT pg_advisory_lock(7)')
      const { rows } = await elsewhere(own, direct, () =>
        client.query('SELECT pg_advisory_unlock(7) AS unlocked'),
      )
      return rows[0].unlocked
    })
  },

  'locks of a transaction: `pg_advisory_xact_lock`': ({ broker, direct }) =>
    broker().withTransaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock(8)')
      const { rows } = await direct.query('SELECT pg_try_advisory_xact_lock(8) AS free')
      return rows[0].free === false
    }),

  '`LISTEN`': ({ broker, direct }) =>
    broker().withConnection(async (client) => {
      let isHeard = false
      client.on('notification', () => {
        isHeard = true
      })
      await client.query('LISTEN news')
      await elsewhere(broker(), direct, async () => {
        await direct.query('NOTIFY news')
        // A session's notifications come before the answer to what it asks next.
        await client.query('SELECT 1')
        await nextTurn()
      })
      return isHeard
    }),

  '`NOTIFY`': async ({ broker, direct }) => {
    let isHeard = false
    direct.once('notification', () => {
      isHeard = true
    })
    await direct.query('LISTEN told')
    await broker().withConnection((client) => client.query('NOTIFY told'))
    await direct.query('UNLISTEN told')
    return isHeard
  },

  'named statements': ({ broker, direct }) => {
    const own = broker()
    const query = { name: 'one', text: 'SELECT $1::int AS one' }
    return own.withConnection(async (client) => {
      await client.query({ ...query, values: [1] })
      await elsewhere(own, direct, () => client.query({ ...query, values: [2] }))
      return true
    })
  },

  '`prepare: true`': (through) => repeats(through, {}),

  '`prepare: true`, in pipeline mode': (through) => repeats(through, { pipeline: true }),

  "`prepare: 'connection'`": async ({ broker, direct }) => {
    const own = broker({ prepare: 'connection' }, 'with defaults')
    const query = (client: LeasedClient) => client.query('SELECT $1::int AS one', [1])
    for (let times = 0; times < 3; times++) await own.withConnection(query)
    return own.withConnection(async (client) => {
      await client.query('SELECT 1')
      await elsewhere(broker(), direct, () => client.withTransaction(() => query(client)))
      return true
    })
  },

  'a cursor within a transaction': ({ broker, direct }) =>
    broker().withTransaction(async (client) => {
      await client.query('DECLARE numbers CURSOR FOR SELECT generate_series(1, 9) AS number')
      const { rows } = await elsewhere(broker(), direct, () => client.query('FETCH 1 FROM numbers'))
      return rows[0].number === 1
    }),

  'a cursor `WITH HOLD`': ({ broker, direct }) => {
    const own = broker()
    return own.withConnection(async (client) => {
      await client.query('DECLARE kept CURSOR WITH HOLD FOR SELECT generate_series(1, 9) AS number')
      const { rows } = await elsewhere(own, direct, () => client.query('FETCH 1 FROM kept'))
      return rows[0].number === 1
    })
  },

  '`COPY`': async ({ broker, direct }) => {
    await direct.query('CREATE TABLE IF NOT EXISTS copied (id int)')
    await direct.query('TRUNCATE copied')
    await broker().withConnection((client) =>
      pipeline(['1\n', '2\n'], client.query(copyFrom('COPY copied FROM STDIN'))),
    )
    return (await direct.query('SELECT FROM copied')).rowCount === 2
  },

  'an abort cancels the query that runs': async ({ broker, direct }) => {
    const controller = new AbortController()
    const work = broker().withConnection((client) => client.query('SELECT pg_sleep(60)'), {
      signal: controller.signal,
    })
    const over = work.catch(() => {})
    const runs = async () =>
      (
        await direct.query(
          "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'",
        )
      ).rowCount === 1
    await until(runs, 'for the query')
    controller.abort()
    await over
    await until(async () => !(await runs()), 'for the query to end')
    return true
  },

  'options that go with the start: `statement_timeout`, `options`': async ({ broker }) => {
    for (const options of [{ statement_timeout: 1000 }, { options: '-c lock_timeout=4321ms' }])
      await broker(options).withConnection((client) => client.query('SELECT 1'))
    return true
  },
}

/** The server's process that answers a client now. */
async function processOf(client: LeasedClient): Promise<number> {
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
}

async function show(client: LeasedClient, setting: string): Promise<string> {
  return (await client.query(`SHOW ${setting}`)).rows[0][setting]
}

/** Whether a text that was prepared for its repetition can be repeated, alone and in a transaction, on another connection of the server. */
function repeats({ broker, direct }: Through, options: { pipeline?: boolean }): Promise<boolean> {
  const own = broker({ prepare: true }, 'with defaults')
  return own.withConnection(async (client) => {
    const query = () => client.query('SELECT $1::int AS one', [1])
    for (let times = 0; times < 3; times++) await query()
    await elsewhere(own, direct, query)
    for (let times = 0; times < 3; times++) await query()
    await elsewhere(own, direct, () => client.withTransaction(query))
    return true
  }, options)
}

/** What the advisory lock of `elsewhere` is known by. */
const TAKEN = 4711

/**
 * Asks while somebody else is busy with the connection of the server that was used last: a pooler that does not keep that for a
 * client answers on another.
 */
async function elsewhere<T>(broker: ConnectionBroker, direct: pg.Client, ask: () => Promise<T>): Promise<T> {
  await direct.query('SELECT pg_advisory_lock($1)', [TAKEN])
  const other = broker.withConnection((client) => client.query(`SELECT pg_advisory_xact_lock(${TAKEN})`))
  try {
    const waits = 'SELECT FROM pg_locks WHERE objid = $1 AND NOT granted'
    await until(async () => (await direct.query(waits, [TAKEN])).rowCount === 1, 'for somebody to be busy')
    return await ask()
  } finally {
    await direct.query('SELECT pg_advisory_unlock($1)', [TAKEN])
    await other
  }
}
