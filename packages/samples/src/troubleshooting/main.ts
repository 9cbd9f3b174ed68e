import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import pg from 'pg'

// #region see
const broker = new ConnectionBroker({
  databases: {
    default: {
      connectionString: process.env.DATABASE_URL,
      max: 2,
      leakDetectionMillis: 10_000, // a warning, with the place in the code, when a lease is held longer
      showStatements: true, // the queries in broker.leases()
      nameTasks: true, // the task in pg_stat_activity
    },
  },
})
broker.on('warning', ({ code, message }) => console.warn(code, message))
// #endregion see
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})

await executor.run(undefined, { name: 'short' })

// #region relayed
const { leases, handedOver, relayReason } = broker.stats().default!
console.log(`${handedOver} of ${leases} leases were handed over; if not:`, relayReason)
// #endregion relayed
equal(leases, 1)
ok(handedOver === 1 || relayReason !== undefined)

const admin = new pg.Client({ connectionString: process.env.DATABASE_URL })
await admin.connect()
await admin.query('SELECT pg_advisory_lock(1912)')
const long = executor.run(undefined, { name: 'long' })
while (broker.leases()[0]?.task !== 'long' || executor.tasks()[0]?.task !== 'long') await sleep(5)

// #region who
console.table(broker.leases()) // who has a connection, and who waits, for how long, and with which query
console.table(executor.tasks()) // what each thread runs, and for how long
// #endregion who
equal(broker.leases()[0]!.task, 'long')
equal(executor.tasks()[0]!.task, 'long')

const named = "SELECT FROM pg_stat_activity WHERE query LIKE '%task=''long''%' AND pid <> pg_backend_pid()"
while ((await admin.query(named)).rowCount === 0) await sleep(5)
await admin.query('SELECT pg_advisory_unlock(1912)')
await admin.end()
await long

// #region slow
import { channels } from '@pglease/broker'

channels.taskStarted.subscribe(({ task, waitMillis }) => {
  if (waitMillis > 1000) console.warn(`${task} has waited ${Math.round(waitMillis)} ms for a thread`)
})
channels.taskEnded.subscribe(({ task, runMillis }) => {
  if (runMillis > 1000) console.warn(`${task} has run for ${Math.round(runMillis)} ms`)
})
const { waitMillis, holdMillis } = broker.stats().default!
console.log(`waits for a connection: ${waitMillis.p99} ms, leases: ${holdMillis.p99} ms (99th percentile)`)
// #endregion slow

// #region exit
console.log(process.getActiveResourcesInfo()) // what keeps the process: timers, sockets, ports
// #endregion exit

// #region itself
const one = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 1 } },
})
const waitsForItself = one.withConnection(async (client) => {
  await client.query('SELECT 1')
  const options = { connectionTimeoutMillis: 100 }
  await one.withConnection((second) => second.query('SELECT 2'), options) // `client` has the only connection
})
// #endregion itself
const timedOut = await waitsForItself.catch((error) => error)
equal(timedOut.code, 'PGLEASE_LEASE_TIMEOUT')
match(timedOut.message, /1 of at most 1 is leased, by the main thread/)
deepEqual(timedOut.limit, 1)
await one.close()

// #region close
await executor.close() // lets tasks finish
await broker.close() // lets leases finish
// #endregion close
