import { equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'

process.env.METRICS_PORT = '0'

// #region opentelemetry
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { observeBroker, observeExecutor } from '@pglease/opentelemetry'

const broker = new ConnectionBroker({
  name: 'reports',
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
})

const exporter = new PrometheusExporter({ host: '127.0.0.1', port: Number(process.env.METRICS_PORT ?? 9464) })
const meterProvider = new MeterProvider({ readers: [exporter] })
observeBroker(broker, { meterProvider })
observeExecutor(executor, { meterProvider, name: 'reports' })
// #endregion opentelemetry

for (const country of ['Norway', 'Portugal', 'Norway']) await executor.run(country, { name: 'people' })
const late = () => broker.withConnection((client) => client.query('select 1'), { connectionTimeoutMillis: 1 })
let release = () => {}
const released = new Promise<void>((resolve) => {
  release = resolve
})
const holds = [1, 2, 3, 4].map(() =>
  broker.withConnection(async (client) => {
    await client.query('select 1')
    await released
  }),
)
while (broker.stats().default.leased < 4) await new Promise(setImmediate)
await late().catch(() => {})
release()
await Promise.all(holds)
equal(broker.stats().default.timeouts, 1)
while (broker.stats().default.idle < broker.stats().default.total) await new Promise(setImmediate)

const { port } = (exporter as unknown as { _server: { address(): { port: number } } })._server.address()
const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })
const text = await response.text()
equal(response.status, 200)
const pool = 'db_client_connection_pool_name="reports/default"'
/** The sample of a metric with these labels, whichever others there are. */
function sample(name: string, ...labels: string[]): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
  const found = lines.filter((line) => labels.every((label) => line.includes(label)))
  equal(found.length, 1, `${name} ${labels}: ${lines.join('\n')}`)
  return Number(/ (\S+?)(?: \d+)?$/.exec(found[0]!)![1])
}
equal(sample('db_client_connection_max', pool), 4)
equal(sample('db_client_connection_count', pool, 'state="used"'), 0)
equal(sample('db_client_connection_count', pool, 'state="idle"'), broker.stats().default.idle)
equal(sample('db_client_connection_pending_requests', pool), 0)
equal(sample('db_client_connection_timeouts_total', pool), broker.stats().default.timeouts)
equal(sample('db_client_connection_wait_time_count', pool), broker.stats().default.leases)
equal(sample('pglease_task_duration_count', 'pglease_task_outcome="returned"'), 3)
match(text, /^# TYPE db_client_connection_use_time histogram$/m)

// What the page says to alert on is there.
const page = readFileSync(new URL('../../../../docs/prometheus.md', import.meta.url), 'utf8')
const shown = page.slice(page.indexOf('## What to alert on'))
const named = [...shown.matchAll(/\b(?:db_client_connection|pglease_task)_\w+/g)].map(([name]) => name)
const labels = /_(?:pool_name|state|outcome|name)$/
for (const name of new Set(named)) ok(text.includes(labels.test(name) ? `${name}="` : name), `no ${name}`)

await meterProvider.shutdown()
await executor.close()
await broker.close()
