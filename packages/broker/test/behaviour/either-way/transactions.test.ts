import type { LeasedClient, TransactionOptions } from '@pglease/client'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { gate } from '../../support/until.js'
import { warningsOf } from '../../support/warnings.js'

type Tasks = typeof import('../../tasks/manners/transactions.js')

const database = await createTestDatabase()
const lending = new Lending(database)

async function written(broker: ConnectionBroker): Promise<number[]> {
  const { rows } = await broker.withConnection((client) =>
    client.query('SELECT number FROM numbers ORDER BY 1'),
  )
  return rows.map(({ number }) => number)
}

async function start(options = {}) {
  const broker = lending.broker({ max: 2, ...options })
  const warnings = warningsOf(broker)
  await broker.withConnection((client) =>
    client.query(
      'DROP TABLE IF EXISTS numbers; CREATE TABLE numbers (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)',
    ),
  )
  return { broker, warnings }
}

const write = (client: LeasedClient, number: number) =>
  client.query('INSERT INTO numbers VALUES ($1)', [number])

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('It did not reject')),
    (error) => error,
  )

describe('a transaction', () => {
  test('is committed when its work resolves, and gives what the work gives', async () => {
    const { broker, warnings } = await start()
    const result = await broker.withTransaction(async (client) => {
      await write(client, 1)
      await write(client, 2)
      return 'done'
    })
    expect(result).toBe('done')
    expect(await written(broker)).toEqual([1, 2])
    await untilQuiet(broker)
    expect(warnings).toEqual([])
  })

  test('is rolled back when its work throws, by itself and without a warning', async () => {
    const { broker, warnings } = await start()
    const work = broker.withTransaction(async (client) => {
      await write(client, 1)
      throw new RangeError('no')
    })
    expect(await reasonOf(work)).toEqual(new RangeError('no'))
    expect(await written(broker)).toEqual([])
    await untilQuiet(broker)
    expect(warnings).toEqual([])
    expect(broker.stats().default).toMatchObject({ rollbacks: 0, closed: { unclean: 0 } })
  })

  test('that fails in the middle of a query leaves nothing, and the query is cancelled', async () => {
    const { broker } = await start()
    const work = broker.withTransaction(async (client) => {
      await write(client, 1)
      const sleeping = client.query('SELECT pg_sleep(3600)')
      await Promise.all([sleeping, Promise.reject(new Error('no'))])
    })
    expect(await reasonOf(work)).toEqual(new Error('no'))
    expect(await written(broker)).toEqual([])
  })

  test('has what its work has not awaited in it', async () => {
    const { broker } = await start()
    await broker.withTransaction((client) => void write(client, 1))
    expect(await written(broker)).toEqual([1])
  })

  test('that its COMMIT refuses has failed', async () => {
    const { broker } = await start()
    const work = broker.withTransaction(async (client) => {
      await write(client, 1)
      await write(client, 1)
    })
    expect(await reasonOf(work)).toMatchObject({ code: '23505' })
    expect(await written(broker)).toEqual([])
  })

  test('is not said to be committed when an error in it was caught', async () => {
    const { broker } = await start()
    const work = broker.withTransaction(async (client) => {
      await write(client, 1)
      await client.query('SELECT 1/0').catch(() => {})
    })
    expect(await reasonOf(work)).toMatchObject({
      name: 'TransactionError',
      code: 'PGLEASE_TRANSACTION',
      retryable: false,
      cause: { code: '22012' },
    })
    expect(await written(broker)).toEqual([])
  })

  test('is of the kind that was asked for', async () => {
    const { broker } = await start()
    const kind = (options: TransactionOptions) =>
      broker.withTransaction(async (client) => {
        const { rows } = await client.query(
          `SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS read_only,
                  current_setting('transaction_deferrable') AS deferrable`,
        )
        return Object.values(rows[0]).join(' ')
      }, options)
    expect(await kind({})).toBe('read committed off off')
    expect(await kind({ isolationLevel: 'repeatable read' })).toBe('repeatable read off off')
    expect(await kind({ isolationLevel: 'serializable', readOnly: true, deferrable: true })).toBe(
      'serializable on on',
    )
    expect(await kind({ readOnly: false, deferrable: false })).toBe('read committed off off')
  })

  test('leaves the next lease its own', async () => {
    const { broker } = await start({ max: 1 })
    await broker.withTransaction((client) => client.query('SET LOCAL work_mem = 1000'), { readOnly: true })
    const { rows } = await broker.withConnection((client) =>
      client.query("SELECT current_setting('transaction_read_only') AS read_only"),
    )
    expect(rows).toEqual([{ read_only: 'off' }])
  })

  test('ends with its signal, whose reason its caller gets', async () => {
    const { broker } = await start()
    const stop = new AbortController()
    const work = broker.withTransaction(
      async (client) => {
        await write(client, 1)
        const sleeping = client.query('SELECT pg_sleep(3600)')
        stop.abort(new Error('enough'))
        await sleeping
      },
      { signal: stop.signal },
    )
    expect(await reasonOf(work)).toEqual(new Error('enough'))
    expect(await written(broker)).toEqual([])
    await untilQuiet(broker)
  })
})

describe('a transaction is done again', () => {
  /** Two transactions that each read what the other writes, and do not know of each other the first time. */
  async function inEachOthersWay(broker: ConnectionBroker, options: TransactionOptions = {}) {
    let attempts = 0
    const bothHaveRead = gate()
    const one = (number: number) =>
      broker.withTransaction(
        async (client) => {
          const { rows } = await client.query('SELECT count(*)::int AS count FROM numbers')
          if (++attempts === 2) bothHaveRead.open()
          await bothHaveRead
          await write(client, number)
          return rows[0].count
        },
        { isolationLevel: 'serializable', ...options },
      )
    const outcomes = await Promise.allSettled([one(1), one(2)])
    return { outcomes, attempts }
  }

  test('when the server could not serialize it', async () => {
    const { broker } = await start()
    const { outcomes, attempts } = await inEachOthersWay(broker)
    expect(outcomes.map((each) => (each as PromiseFulfilledResult<number>).value).sort()).toEqual([0, 1])
    expect(attempts).toBe(3)
    expect(await written(broker)).toEqual([1, 2])
  })

  test('as often as it may be: never, with 0', async () => {
    const { broker } = await start()
    const { outcomes, attempts } = await inEachOthersWay(broker, { retries: 0 })
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '40001' } })
    expect(attempts).toBe(2)
  })

  test('when the caller says so, whatever the error, and not when the caller says no', async () => {
    const { broker } = await start()
    let attempts = 0
    const flaky = (isRetryable: (error: unknown) => boolean) =>
      broker.withTransaction(
        async (client) => {
          await write(client, ++attempts)
          if (attempts < 3) throw new Error('not yet')
        },
        { isRetryable },
      )
    await flaky((error) => (error as Error).message === 'not yet')
    expect(await written(broker)).toEqual([3])
    const { outcomes } = await inEachOthersWay(broker, { isRetryable: () => false })
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  })

  test('with a new lease, when its connection is lost in the middle', async () => {
    const { broker } = await start()
    const processIds: number[] = []
    await broker.withTransaction(async (client) => {
      await write(client, processIds.length)
      processIds.push((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid)
      if (processIds.length > 1) return
      await database.admin.query('SELECT pg_terminate_backend($1)', processIds)
      await client.query('SELECT 1')
    })
    expect(new Set(processIds).size).toBe(2)
    expect(await written(broker)).toEqual([1])
  })

  test('but not while its signal is aborted, in the pause before it either', async () => {
    const { broker } = await start()
    const stop = new AbortController()
    let attempts = 0
    const work = broker.withTransaction(
      async () => {
        attempts++
        throw new Error('not yet')
      },
      {
        signal: stop.signal,
        isRetryable() {
          setImmediate(() => stop.abort(new Error('enough')))
          return true
        },
        retries: 1_000_000,
      },
    )
    expect(await reasonOf(work)).toEqual(new Error('enough'))
    expect(attempts).toBeLessThan(1_000_000)
  })

  test('not for finding no place in the line', async () => {
    const { broker } = await start({ max: 1, maxWaiting: 1 })
    const held = await hold(broker)
    const waiting = broker.withConnection((client) => client.query('SELECT 1'))
    await untilWaiting(broker, 1)
    let attempts = 0
    const work = broker.withTransaction(async () => void attempts++)
    expect(await reasonOf(work)).toMatchObject({ code: 'PGLEASE_QUEUE_FULL' })
    await held.release()
    await waiting
    expect([attempts, broker.stats().default!.refused]).toEqual([0, 1])
  })
})

describe('a transaction within a transaction', () => {
  test('is a savepoint: what fails in it leaves the rest as it was', async () => {
    const { broker } = await start({ max: 1 })
    await broker.withTransaction(async (client) => {
      await write(client, 1)
      const inner = client.withTransaction(async () => {
        await write(client, 2)
        await client.withTransaction(() => write(client, 3))
        await client.query('SELECT 1/0')
      })
      expect(await reasonOf(inner)).toMatchObject({ code: '22012' })
      await client.withTransaction(() => write(client, 4))
    })
    expect(await written(broker)).toEqual([1, 4])
  })

  test('is one too where a query has begun the transaction', async () => {
    const { broker } = await start()
    await broker.withConnection(async (client) => {
      await client.query('BEGIN')
      await write(client, 1)
      await reasonOf(client.withTransaction(() => client.query('SELECT 1/0')))
      await client.withTransaction(() => write(client, 2))
      await client.query('COMMIT')
    })
    expect(await written(broker)).toEqual([1, 2])
  })

  test('takes no options', async () => {
    const { broker } = await start()
    const work = broker.withTransaction((client) =>
      client.withTransaction(() => {}, { isolationLevel: 'serializable' }),
    )
    expect(await reasonOf(work)).toMatchObject({ code: 'PGLEASE_CONFIGURATION' })
  })

  test('that overlaps another takes all back, with a word', async () => {
    const { broker } = await start()
    const work = broker.withTransaction(async (client) => {
      await write(client, 1)
      await Promise.allSettled([2, 3].map((number) => client.withTransaction(() => write(client, number))))
    })
    expect(await reasonOf(work)).toMatchObject({ code: 'PGLEASE_TRANSACTION', retryable: false })
    expect(await written(broker)).toEqual([])
  })

  test('that is not awaited takes all back, with a word', async () => {
    const { broker } = await start()
    const done = gate()
    let inner: Promise<unknown> = Promise.resolve()
    const work = broker.withTransaction(async (client) => {
      inner = client.withTransaction(async () => {
        await write(client, 1)
        await done
      })
      inner.catch(() => {})
      await write(client, 2)
    })
    expect(await reasonOf(work)).toMatchObject({ code: 'PGLEASE_TRANSACTION' })
    done.open()
    await reasonOf(inner)
    expect(await written(broker)).toEqual([])
  })
})

describe('a client', () => {
  test('has one transaction after another', async () => {
    const { broker } = await start({ max: 1 })
    await broker.withConnection(async (client) => {
      await client.withTransaction(() => write(client, 1))
      await reasonOf(
        client.withTransaction(() => Promise.all([write(client, 2), Promise.reject(new Error('no'))])),
      )
      await client.withTransaction(() => write(client, 3), { isolationLevel: 'serializable', retries: 2 })
      await write(client, 4)
    })
    expect(await written(broker)).toEqual([1, 3, 4])
  })

  test('goes on after a transaction of which a query was under way', async () => {
    const { broker } = await start({ max: 1 })
    await broker.withConnection(async (client) => {
      const failing = client.withTransaction(() =>
        Promise.all([client.query('SELECT pg_sleep(3600)'), Promise.reject(new Error('no'))]),
      )
      expect(await reasonOf(failing)).toEqual(new Error('no'))
      await write(client, 1)
    })
    expect(await written(broker)).toEqual([1])
  })
})

describe('a task', () => {
  test('has transactions with a lease of their own, and on the clients that it has', async () => {
    const { broker, warnings } = await start()
    const executor = lending.executor<Tasks>(broker, 'manners/transactions.js')
    await executor.run([1, 2], { name: 'writes' })
    expect(await written(broker)).toEqual([1, 2])
    expect(await reasonOf(executor.run([3, 3], { name: 'writes' }))).toMatchObject({ code: '23505' })
    await executor.run([4, 5], { name: 'writesByItsClient' })
    expect(await written(broker)).toEqual([1, 2, 4, 5])
    await untilQuiet(broker)
    expect(warnings).toEqual([])
  })

  test('that is aborted in a transaction leaves nothing of it', async () => {
    const { broker } = await start()
    const executor = lending.executor<Tasks>(broker, 'manners/transactions.js')
    const stop = new AbortController()
    const work = executor.run(undefined, {
      name: 'writesAndSleeps',
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    expect(await reasonOf(work)).toEqual(new Error('enough'))
    expect(await written(broker)).toEqual([])
    await untilQuiet(broker)
  })
})

test.each([
  [{ isolationLevel: 'serializable; DROP TABLE numbers' }, 'isolationLevel'],
  [{ isolationLevel: 'Serializable' }, 'isolationLevel'],
  [{ readOnly: 'yes' }, 'readOnly'],
  [{ deferrable: 1 }, 'deferrable'],
  [{ retries: -1 }, 'retries'],
  [{ retries: Number.POSITIVE_INFINITY }, 'retries'],
  [{ isRetryable: true }, 'isRetryable'],
])('%j is refused before anything begins', async (options, option) => {
  const { broker } = await start()
  const work = broker.withTransaction(() => {}, options as never)
  expect(await reasonOf(work)).toMatchObject({
    code: 'PGLEASE_CONFIGURATION',
    option: `withTransaction.${option}`,
  })
  const ofClient = broker.withConnection((client) => client.withTransaction(() => {}, options as never))
  expect(await reasonOf(ofClient)).toMatchObject({ option: `withTransaction.${option}` })
  expect(broker.stats().default!.leases).toBe(1)
})
