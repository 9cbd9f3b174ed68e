import { equal } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const exporter = new InMemorySpanExporter()

// #region sdk
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

const processor = new SimpleSpanProcessor(exporter)
const resource = resourceFromAttributes({ 'service.name': 'reports' })
const tracerProvider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
// #endregion sdk

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})

// #region main
import { observeBroker, observeExecutor, receiveSpans } from '@pglease/opentelemetry'

const executor = new SharedPoolExecutor<typeof import('./traced-tasks.js')>(broker, {
  filename: new URL('./traced-tasks.js', import.meta.url),
  execArgv: ['--import', new URL('./thread-sdk.js', import.meta.url).href],
})
const ends = [
  observeBroker(broker),
  observeExecutor(executor, { name: 'reports', tracerProvider }), // without providers, by the global ones
  receiveSpans(executor, { processor, resource }), // those of this thread's SDK
]
// #endregion main

equal(await executor.run(undefined, { name: 'count' }), 5)
const find = (name: string) => exporter.getFinishedSpans().find((span) => span.name.startsWith(name))
while (find('pg.query') === undefined) await sleep(10)
equal(find('pg.query')?.parentSpanContext?.spanId, find('task count')?.spanContext().spanId)
for (const end of ends) end()
await executor.close()
await broker.close()
context.disable()
propagation.disable()
