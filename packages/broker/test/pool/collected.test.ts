import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'

const { connectionString } = await createTestDatabase()

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A broker in which a lease has waited and a connection has become idle, closed. */
async function closed(): Promise<WeakRef<ConnectionBroker>> {
  const broker = new ConnectionBroker({
    databases: { default: { connectionString, max: 1, keepAliveMillis: 60_000 } },
  })
  const lease = () => broker.withConnection((client) => client.query('SELECT 1'))
  await Promise.all([lease(), lease(), lease()])
  expect(broker.stats().default).toMatchObject({ opened: 1, leases: 3 })
  await broker.close()
  return new WeakRef(broker)
}

test('a broker that is closed is not held in memory', async () => {
  const broker = await closed()
  // A timer of its own would go off later than this.
  for (let time = 0; time < 100 && broker.deref() !== undefined; time++) {
    await sleep(5)
    collect()
  }
  expect(broker.deref()).toBeUndefined()
})
