import { equal } from 'node:assert/strict'

// #region executor
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})

const total = await executor.run({ country: 'Norway' }, { name: 'score' }) // a number
// #endregion executor
equal(total, 717710 + 291940 + 212660)

// #region failure
try {
  await executor.run({ country: 'Atlantis' }, { name: 'smallest' })
} catch (error) {
  console.log(error) // Error: No city of Atlantis { country: 'Atlantis' }
}
// #endregion failure

const others = new SharedPoolExecutor<typeof import('./thread-tasks.js')>(broker, {
  filename: new URL('./thread-tasks.js', import.meta.url),
  maxThreads: 1,
})
equal(await others.run('Oslo', { name: 'isKnown' }), true)
equal(await others.run(undefined, { name: 'countCities' }), 5)
await others.close()
await executor.close()
await broker.close()
