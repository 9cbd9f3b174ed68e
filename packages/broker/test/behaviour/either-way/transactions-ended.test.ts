import type { LeasedClient } from '@pglease/client'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** What a transaction was rejected with, and what of it is there. */
async function outcomeOf(
  work: (client: LeasedClient) => unknown,
  options = {},
): Promise<{ error: unknown; written: number[] }> {
  const broker = lending.broker({ max: 1 })
  await broker.withConnection((client) =>
    client.query('DROP TABLE IF EXISTS numbers; CREATE TABLE numbers (number int)'),
  )
  const error = await broker.withTransaction(work, options).then(
    () => undefined,
    (error) => error,
  )
  const { rows } = await broker.withConnection((client) =>
    client.query('SELECT number FROM numbers ORDER BY 1'),
  )
  return { error, written: rows.map(({ number }) => number) }
}

const write = (client: LeasedClient, number: number) =>
  client.query('INSERT INTO numbers VALUES ($1)', [number])

const ENDED = {
  code: 'PGLEASE_TRANSACTION',
  retryable: false,
  message: expect.stringMatching('has ended it'),
}

test.each([
  ['ROLLBACK', {}, []],
  ['rollback', { pipeline: true }, []],
  ['COMMIT', {}, [1]],
  ['SELECT 1; END', {}, [1]],
])(
  'a transaction that its own work ends by %s (%o) is not said to be committed',
  async (statement, options, left) => {
    const { error, written } = await outcomeOf(async (client) => {
      await write(client, 1)
      await client.query(statement)
      return 'done'
    }, options)
    expect(error).toMatchObject(ENDED)
    expect(written).toEqual(left)
  },
)

test.each([{ pipeline: false }, { pipeline: true }])(
  'nor where that is not awaited (%o)',
  async (options) => {
    const { error, written } = await outcomeOf((client) => {
      void write(client, 1)
      void client.query('ROLLBACK')
    }, options)
    expect(error).toMatchObject(ENDED)
    expect(written).toEqual([])
  },
)

test('nor where a savepoint’s work has ended it, and its error is caught', async () => {
  const { error, written } = await outcomeOf(async (client) => {
    await write(client, 1)
    const inner = client.withTransaction(() => client.query('ROLLBACK'))
    await expect(inner).rejects.toMatchObject(ENDED)
  })
  expect(error).toMatchObject(ENDED)
  expect(written).toEqual([])
})

test('one that has what is not awaited in it is committed with it', async () => {
  const { error, written } = await outcomeOf((client) => {
    void write(client, 1)
    void client.query('SAVEPOINT mine; ROLLBACK TO mine')
    void write(client, 2)
  })
  expect(error).toBeUndefined()
  expect(written).toEqual([1, 2])
})
