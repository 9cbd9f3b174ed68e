import { EventEmitter } from 'node:events'
import { context, diag, type Link, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { observeExecutor, receiveSpans } from '../src/index.js'

type Tasks = typeof import('./programs/posted.js')

const database = await createTestDatabase()
const exporter = new InMemorySpanExporter()
const processor = new SimpleSpanProcessor(exporter)
const resource = resourceFromAttributes({ 'service.name': 'planner' })
const tracerProvider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
const ends: (() => unknown)[] = []
let executor: SharedPoolExecutor<Tasks>

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const { connectionString } = database
  const broker = new ConnectionBroker({ databases: { default: { connectionString, max: 1 } } })
  executor = new SharedPoolExecutor<Tasks>(broker, {
    filename: new URL('./programs/posted.js', import.meta.url),
    execArgv: ['--import', new URL('./programs/posting.js', import.meta.url).href],
    maxThreads: 1,
  })
  ends.push(receiveSpans(executor, { processor, resource }), observeExecutor(executor, { tracerProvider }))
  ends.push(
    () => executor.close(),
    () => broker.close(),
  )
})

afterEach(() => exporter.reset())

afterAll(async () => {
  for (const end of ends) await end()
  context.disable()
  propagation.disable()
})

const spans = () => exporter.getFinishedSpans()

async function received(name: string): Promise<ReadableSpan> {
  return (await until(() => spans().find((span) => span.name.startsWith(name)), `for the span ${name}`))!
}

test('spans of a task come out of the main thread, as children of the task’s span, with all that they have', async () => {
  const request = tracerProvider.getTracer('test').startSpan('request')
  await context.with(trace.setSpan(context.active(), request), () =>
    executor.run(undefined, { name: 'queries' }),
  )
  request.end()
  const [query, plans] = [await received('pg.query:SELECT'), await received('plans')]
  const task = await received('task queries')
  const { traceId, spanId } = request.spanContext()
  expect([task, plans, query].map((span) => span.spanContext().traceId)).toEqual([traceId, traceId, traceId])
  expect(task.parentSpanContext?.spanId).toBe(spanId)
  expect(plans.parentSpanContext?.spanId).toBe(task.spanContext().spanId)
  expect(query.parentSpanContext?.spanId).toBe(plans.spanContext().spanId)
  expect(plans).toMatchObject({
    kind: SpanKind.PRODUCER,
    ended: true,
    attributes: { stops: 3, open: true, names: ['a', 'b'] },
    events: [
      { name: 'found', attributes: { count: 2 } },
      { name: 'exception', attributes: { 'exception.type': 'RangeError', 'exception.message': 'too far' } },
    ],
    status: { code: SpanStatusCode.ERROR, message: 'too far' },
    instrumentationScope: { name: 'of the task', version: '1.2.3' },
    droppedAttributesCount: 0,
  })
  expect(plans.links.map((link: Link) => link.context.spanId)).toEqual(['2'.repeat(16)])
  expect(plans.resource).toBe(resource)
  expect(query.instrumentationScope.name).toBe('@opentelemetry/instrumentation-pg')
  const seconds = ([whole, nanos]: [number, number]) => whole + nanos / 1e9
  expect(seconds(query.duration)).toBeGreaterThan(0)
  expect(seconds(query.startTime)).toBeGreaterThanOrEqual(seconds(plans.startTime))
  // The SDK takes a start from a clock of whole milliseconds, and an end from how long it has been since.
  expect(seconds(query.endTime)).toBeLessThan(seconds(plans.endTime) + 0.001)
})

test('of spans that end faster than the main thread takes them those that are too many are dropped, and later ones are not', async () => {
  await executor.run(5000, { name: 'floods' })
  await executor.run(undefined, { name: 'queries' })
  await received('plans')
  const flood = spans().filter(({ name }) => name.startsWith('span '))
  expect(flood.length).toBeGreaterThanOrEqual(2048)
  expect(flood.length).toBeLessThanOrEqual(5000)
  expect(flood.slice(0, 2048).map(({ name }) => name)).toEqual(
    Array.from({ length: 2048 }, (_, n) => `span ${n}`),
  )
})

const KEY = '@pglease/opentelemetry/spans'
const context0 = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: false }
const good = {
  ...{ name: 'made up', kind: 0, context: context0, startTime: [1, 2], endTime: [1, 3], duration: [0, 1] },
  ...{
    status: { code: 0 },
    attributes: { n: 1 },
    links: [],
    events: [],
    scope: { name: 's' },
    dropped: [0, 0, 0],
  },
}
const many = Object.fromEntries(Array.from({ length: 129 }, (_, n) => [n, n]))
const wrong: unknown[] = [
  ...[undefined, null, 5, '', 'no JSON', '{}', '5', 'null', [good], `"${'x'.repeat(4_000_000)}"`],
  ...[null, 5, 'span', [], {}].map((span) => JSON.stringify([span])),
  ...[
    { name: 5 },
    { kind: 9 },
    { kind: 'CLIENT' },
    { context: { ...context0, traceId: 'x' } },
    { context: { ...context0, spanId: '0'.repeat(16) } },
    { context: { ...context0, traceFlags: -1 } },
    { context: { ...context0, traceState: {} } },
    { parent: null },
    { startTime: [1] },
    { endTime: ['1', 2] },
    { duration: [0, 1e9] },
    { status: { code: 7 } },
    { attributes: { deep: {} } },
    { attributes: { mixed: [1, 'a'] } },
    { attributes: many },
    { links: [{ context: {} }] },
    { events: [{ name: 1, time: [1, 1] }] },
    { events: Array.from({ length: 129 }, () => ({ name: 'e', time: [1, 1], attributes: {} })) },
    { scope: {} },
    { dropped: [-1] },
  ].map((fault) => JSON.stringify([{ ...good, ...fault }])),
]

test('what is made up as spans, or is odd, costs nothing but itself', async () => {
  const taken = new SharedArrayBuffer(4)
  const messages = wrong.map((spans) => ({ [KEY]: spans, taken }))
  const odd = [undefined, 0, new SharedArrayBuffer(1)].map((other) => ({
    [KEY]: JSON.stringify([good]),
    taken: other,
  }))
  const others = [null, 'spans', { taken }, Object.create({ [KEY]: JSON.stringify([good]) })]
  const proto = `[${JSON.stringify({ ...good, name: 'last' }).replace('{"n":1}', '{"__proto__":"p","none":null}')}]`
  const last = { [KEY]: proto, taken }
  await executor.run([...messages, ...odd, ...others, last], { name: 'posts' })
  expect((await received('last')).attributes).toEqual(
    Object.fromEntries([
      ['__proto__', 'p'],
      ['none', undefined],
    ]),
  )
  expect(
    spans()
      .filter(({ name }) => name !== 'task posts')
      .map(({ name }) => name),
  ).toEqual([...odd.map(() => 'made up'), 'last'])
})

test('a message of more spans, or characters, than a thread posts is dropped as a whole, with one word', () => {
  const source = new EventEmitter()
  const warn = vi.fn()
  const ignore = () => {}
  diag.setLogger({ error: ignore, info: ignore, debug: ignore, verbose: ignore, warn })
  onTestFinished(() => diag.disable())
  warn.mockClear()
  const onEnd = vi.fn()
  onTestFinished(receiveSpans(source, { processor: { onEnd }, resource }))
  const post = (spans: string) => source.emit('message', { [KEY]: spans, taken: new SharedArrayBuffer(4) })
  post(JSON.stringify(Array.from({ length: 257 }, () => good)))
  post(`[${'0,'.repeat(200_000)}0]`)
  post(`${'['.repeat(250_001)}${']'.repeat(250_001)}`)
  expect([onEnd.mock.calls.length, warn.mock.calls.length]).toEqual([0, 3])
  post(JSON.stringify(Array.from({ length: 256 }, () => good)))
  expect([onEnd.mock.calls.length, warn.mock.calls.length]).toEqual([256, 3])
})

test('a processor that throws harms nobody, and what was ended receives nothing more', async () => {
  const seen: string[] = []
  const throwing = {
    onEnd({ name }: ReadableSpan) {
      seen.push(name)
      throw new Error('of the processor')
    },
  }
  const end = receiveSpans(executor, { processor: throwing, resource })
  await executor.run(undefined, { name: 'queries' })
  await received('plans')
  expect(seen).toContain('plans')
  end()
  seen.splice(0)
  exporter.reset()
  await executor.run(undefined, { name: 'queries' })
  await received('plans')
  expect(seen).toEqual([])
})

test.each([
  ['resource', { processor }],
  ['processor', { resource }],
])('spans are not received without a %s', (option, options) => {
  expect(() =>
    receiveSpans(executor, options as { processor: typeof processor; resource: typeof resource }),
  ).toThrow(expect.objectContaining({ code: 'PGLEASE_CONFIGURATION', option }))
})
