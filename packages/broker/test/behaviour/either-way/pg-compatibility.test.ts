import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { classUses } from '../../tasks/pg/class-uses.js'
import { clientUses } from '../../tasks/pg/client-uses.js'
import { poolUses } from '../../tasks/pg/pool-uses.js'
import { shown } from '../../tasks/pg/uses.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type ClientUse = keyof typeof clientUses
type PoolUse = keyof typeof poolUses

function start() {
  const broker = lending.broker({ max: 2 })
  return { broker, executor: lending.executor<typeof import('../../tasks/pg/uses.js')>(broker, 'pg/uses.js') }
}

/** What each use gives in one worker thread, one after another on the same two connections. */
async function inThread<U extends string>(
  uses: U[],
  name: 'usesClient' | 'usesPool' | 'usesClasses',
): Promise<Map<U, string>> {
  const { broker, executor } = start()
  const seen = new Map<U, string>()
  for (const use of uses) seen.set(use, await executor.run(use, { name }).catch((error) => shown(error)))
  await untilQuiet(broker)
  await executor.close()
  await broker.close()
  return seen
}

describe('a leased client gives what a client with a connection of its own gives:', () => {
  const uses = Object.keys(clientUses) as ClientUse[]
  let leased: Map<ClientUse, string>

  beforeAll(async () => {
    leased = await inThread(uses, 'usesClient')
  })

  test.each(uses)('%s', async (use) => {
    const [client, other] = [1, 2].map(() => new pg.Client(database.connectionString)) as [
      pg.Client,
      pg.Client,
    ]
    try {
      await Promise.all([client.connect(), other.connect()])
      expect(leased.get(use)).toBe(shown(await clientUses[use](client, other)))
    } finally {
      await Promise.all([client.end(), other.end()])
    }
  })
})

describe('a pool of leases gives what a pool with connections of its own gives:', () => {
  const uses = Object.keys(poolUses) as PoolUse[]
  let leased: Map<PoolUse, string>

  beforeAll(async () => {
    leased = await inThread(uses, 'usesPool')
  })

  test.each(uses)('%s', async (use) => {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 2 })
    try {
      expect(leased.get(use)).toBe(shown(await poolUses[use](pool)))
    } finally {
      if (!pool.ending) await pool.end()
    }
  })
})

describe('the classes that lease give what those of pg give:', () => {
  const uses = Object.keys(classUses) as (keyof typeof classUses)[]
  let leased: Map<string, string>

  beforeAll(async () => {
    leased = await inThread(uses, 'usesClasses')
  })

  const { connectionString } = database
  class Client extends pg.Client {
    constructor(options: pg.ClientConfig = {}) {
      super({ connectionString, ...options })
    }
  }
  class Pool extends pg.Pool {
    constructor(options: pg.PoolConfig = {}) {
      super({ connectionString, ...options })
    }
  }

  test.each(uses)('%s', async (use) => {
    expect(leased.get(use)).toBe(shown(await classUses[use]({ Client, Pool })))
  })
})

test('a pool counts what it has handed out in its thread, and those who wait for that', async () => {
  const { executor } = start()
  expect(await executor.run(undefined, { name: 'counts' })).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 1],
    [2, 0, 0],
    [0, 0, 0],
  ])
})

test('a client knows the process of the server from its lease on, which no connect opens', async () => {
  const { executor } = start()
  const { before, after, pid } = await executor.run(undefined, { name: 'processIds' })
  expect([before, after]).toEqual([null, pid])
})

test('what a released client has sent may be left to itself, whatever its promises are', async () => {
  const { executor } = start()
  expect(await executor.run(undefined, { name: 'leavesOwnPromise' })).toBe('left')
})

test('a client may be connected after its first query, which pg lets wait for that', async () => {
  const { executor } = start()
  expect(await executor.run(undefined, { name: 'connectsLate' })).toEqual([true, [{ one: 1 }]])
})

test('a lease takes the options of pg that are for the client', async () => {
  const { executor } = start()
  const seen = [true, true, 7, 'Query read timeout']
  expect(await executor.run(undefined, { name: 'usesOptions' })).toEqual({
    database: seen,
    withConnection: seen,
    Pool: seen,
    parsed: 'parsed',
  })
})

test('a lease refuses an option that cannot go to the broker', async () => {
  const { executor } = start()
  await expect(executor.run(undefined, { name: 'usesFunctionAsOption' })).rejects.toMatchObject({
    code: 'PGLEASE_CONFIGURATION',
    message: expect.stringContaining('lease.onNotice is not an option'),
  })
})
