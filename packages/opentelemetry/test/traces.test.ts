import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { observeExecutor } from '../src/index.js'

type Tasks = typeof import('./programs/tasks.js')

const database = await createTestDatabase()
failOnLeaks(database)

const exporter = new InMemorySpanExporter()
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = tracerProvider.getTracer('test')
const closers: (() => unknown)[] = []

beforeEach(() => {
  exporter.reset()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  context.disable()
  propagation.disable()
})

function start() {
  const { connectionString } = database
  const broker = new ConnectionBroker({ databases: { default: { connectionString, max: 1 } } })
  closers.push(() => broker.close({ timeoutMillis: 0 }))
  const executor = new SharedPoolExecutor<Tasks>(broker, {
    filename: new URL('./programs/tasks.js', import.meta.url),
    execArgv: ['--import', new URL('./programs/tracing.js', import.meta.url).href],
    maxThreads: 1,
  })
  closers.push(() => executor.close({ timeoutMillis: 0 }))
  const end = observeExecutor(executor, { tracerProvider })
  closers.push(end)
  return { executor, end }
}

const finished = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name)!

test('the queries of a task are children of its span, which is one of what has called run; and baggage comes along', async () => {
  const { executor } = start()
  const request = tracer.startSpan('request')
  const user = propagation.createBaggage({ user: { value: 'ada' } })
  const caller = propagation.setBaggage(trace.setSpan(context.active(), request), user)
  // Often enough for one to be sent ahead, and for the thread to keep its connection.
  const seen = await context.with(caller, () =>
    Promise.all([0, 1, 2].map(() => executor.run(undefined, { name: 'queries' }))),
  )
  request.end()
  const { traceId, spanId } = request.spanContext()
  const tasks = exporter.getFinishedSpans().filter(({ name }) => name === 'task queries')
  expect(tasks).toHaveLength(3)
  for (const task of tasks) {
    expect(task.spanContext().traceId).toBe(traceId)
    expect(task.parentSpanContext?.spanId).toBe(spanId)
    expect(task.attributes).toMatchObject({
      'pglease.task.name': 'queries',
      'pglease.task.outcome': 'returned',
    })
  }
  for (const { spans, baggage } of seen) {
    expect(baggage).toBe('ada')
    const query = spans.find(({ name }) => name.startsWith('pg.query:SELECT'))!
    expect(query.traceId).toBe(traceId)
    expect(tasks.map((task) => task.spanContext().spanId)).toContain(query.parentId)
  }
  expect(new Set(seen.flatMap(({ spans }) => spans.map(({ parentId }) => parentId))).size).toBe(3)
})

test('the span of a task that fails says so, and that of one without a caller has no parent', async () => {
  const { executor } = start()
  await executor.run(undefined, { name: 'fails' }).catch(() => {})
  const span = finished('task fails')
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Not today' })
  expect(span.events.map(({ name }) => name)).toEqual(['started', 'exception'])
  expect(span.parentSpanContext).toBeUndefined()
})

test('once it has ended there are no spans, and tasks run as before', async () => {
  const { executor, end } = start()
  end()
  expect(await executor.run(7, { name: 'square' })).toBe(49)
  expect(exporter.getFinishedSpans()).toEqual([])
})
