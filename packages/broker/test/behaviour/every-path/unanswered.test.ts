import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'

type Tasks = typeof import('../../tasks/pipelines.js')

const database = await createTestDatabase()
const lending = new Lending(database)

test('a lease that ends with 140,000 queries under way ends like any other', async () => {
  const broker = lending.broker({ max: 1, cancelTimeoutMillis: 20_000 })
  const executor = lending.executor<Tasks>(broker, 'pipelines.js')
  await expect(executor.run(140_000, { name: 'fails' })).rejects.toThrow('The task has failed')
  expect(await processId(broker)).toBeGreaterThan(0)
  await untilQuiet(broker)
}, 120_000)
