import { equal, match } from 'node:assert/strict'
import { ConnectionBroker } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})

// #region prom-client
import { channels } from '@pglease/broker'
import { Counter, Gauge, Histogram, register } from 'prom-client'

const labelNames = ['database']
new Gauge({
  name: 'pglease_connections',
  help: 'Connections by state',
  labelNames: ['database', 'state'],
  collect() {
    for (const [database, { idle, leased, settling, max }] of Object.entries(broker.stats()))
      for (const [state, count] of Object.entries({ idle, leased, settling, max }))
        this.set({ database, state }, count)
  },
})
new Gauge({
  name: 'pglease_waiting',
  help: 'Leases that wait now',
  labelNames,
  collect() {
    for (const [database, { waiting }] of Object.entries(broker.stats())) this.set({ database }, waiting)
  },
})
new Counter({
  name: 'pglease_lease_timeouts_total',
  help: 'Leases that got no connection in time',
  labelNames,
  collect() {
    this.reset() // the broker counts by itself
    for (const [database, { timeouts }] of Object.entries(broker.stats())) this.inc({ database }, timeouts)
  },
})
const waits = new Histogram({
  name: 'pglease_lease_wait_seconds',
  help: 'From the request of a lease to its grant',
  labelNames,
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
})
channels.leaseGranted.subscribe(({ database, waitMillis }) => waits.observe({ database }, waitMillis / 1000))
const warnings = new Counter({
  name: 'pglease_warnings_total',
  help: 'What the broker warned of',
  labelNames: ['code'],
})
broker.on('warning', ({ code }) => warnings.inc({ code })) // alert on PGLEASE_UNREACHABLE, PGLEASE_LEAK, PGLEASE_POOL_FULL
// and in the handler of /metrics: response.setHeader('content-type', register.contentType).end(await register.metrics())
// #endregion prom-client

await broker.withConnection((client) => client.query('select 1'))
while (broker.stats().default.leased > 0) await new Promise(setImmediate)
const text = await register.metrics()
equal(/^pglease_connections\{database="default",state="max"\} (\d+)$/m.exec(text)?.[1], '4')
match(text, /^pglease_waiting\{database="default"\} 0$/m)
match(text, /^pglease_lease_timeouts_total\{database="default"\} 0$/m)
match(text, /^pglease_lease_wait_seconds_count\{database="default"\} 1$/m)
await broker.close()
