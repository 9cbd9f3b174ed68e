/// <reference types="vitest/globals" />
// Run by Jest and by vitest: see packages/broker/test/behaviour/runners.
// #region broker
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

let broker
let executor

beforeAll(() => {
  broker = new ConnectionBroker({
    databases: { default: { connectionString: process.env.TEST_URL, max: 2 } },
  })
  executor = new SharedPoolExecutor(broker, {
    filename: new URL('./tasks.js', import.meta.url),
    maxThreads: 2,
  })
})

afterAll(async () => {
  await executor.close()
  await broker.close()
})

test('counts the cities of a country', async () => {
  expect(await executor.run('Norway', { name: 'countCities' })).toBe(3)
})
// #endregion broker
