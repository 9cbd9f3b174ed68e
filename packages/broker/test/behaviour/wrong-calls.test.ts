import { leased, withConnection, withTransaction } from '@pglease/client'
import { expect, test } from 'vitest'
import { SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const refusal = (option: string) => expect.objectContaining({ code: 'PGLEASE_CONFIGURATION', option })

test.each([undefined, null, 'work', { isolationLevel: 'serializable' }])(
  'what is to be done with a client is a function, and not %o: it is said before anything is leased',
  async (given) => {
    const broker = lending.broker()
    const work = given as never
    for (const call of [broker.withConnection.bind(broker), withConnection])
      await expect(call(work)).rejects.toEqual(refusal('lease.work'))
    for (const call of [broker.withTransaction.bind(broker), withTransaction])
      await expect(call(work)).rejects.toEqual(refusal('withTransaction.work'))
    expect(() => leased(work)).toThrow(refusal('lease.work'))
    await broker.withConnection((client) =>
      expect(client.withTransaction(work)).rejects.toEqual(refusal('withTransaction.work')),
    )
    expect(broker.stats().default!.leases).toBe(0)
  },
)

test.each([undefined, null, 'worker', {}])('what is attached is a worker, and not %o', (worker) => {
  const broker = lending.broker()
  expect(() => broker.attach(worker as never)).toThrow(refusal('attach.worker'))
})

test.each([undefined, {}, new URL('file:///tasks.js')])(
  'the connections of an executor are a broker’s, and not those of %o',
  (broker) => {
    const start = () => new SharedPoolExecutor(broker as never, { filename: '/tasks.js' })
    expect(start).toThrow(refusal('executor.broker'))
  },
)
