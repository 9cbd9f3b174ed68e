import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { afterEach, expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { gate, until } from '../../broker/test/support/until.js'
import { observeBroker, observeExecutor } from '../src/index.js'

const database = await createTestDatabase()
failOnLeaks(database)

/** Collects when it is asked to. */
class Reader extends MetricReader {
  protected override onShutdown = async () => {}
  protected override onForceFlush = async () => {}
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function start(max = 1) {
  const { connectionString } = database
  const broker = new ConnectionBroker({ databases: { default: { connectionString, max, min: 0 } } })
  closers.push(() => broker.close({ timeoutMillis: 0 }))
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  closers.push(() => meterProvider.shutdown())
  const collect = async () => read((await reader.collect()).resourceMetrics)
  return { broker, meterProvider, collect }
}

/** By the name of the metric: its unit, and the value, or the count and the sum, of each set of attributes. */
function read({ scopeMetrics }: ResourceMetrics) {
  const all = scopeMetrics.flatMap(({ metrics }) => metrics)
  return Object.fromEntries(
    all.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      { unit: descriptor.unit, points: dataPoints.map(({ attributes, value }) => [attributes, value]) },
    ]),
  )
}

const POOL = { 'db.client.connection.pool.name': 'main/default' }
const withState = (state: string) => ({ ...POOL, 'db.client.connection.state': state })

test('the pool metrics of the semantic conventions follow a history', async () => {
  const { broker, meterProvider, collect } = start()
  closers.push(observeBroker(broker, { meterProvider, poolName: (name) => `main/${name}` }))
  const done = gate()
  const holds = gate()
  const held = broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    holds.open()
    await done
  })
  await holds
  const late = broker.withConnection((client) => client.query('SELECT 1'), { connectionTimeoutMillis: 1 })
  await late.catch(() => {})
  const waiting = broker.withConnection((client) => client.query('SELECT 1'))
  await until(() => broker.stats().default!.waiting === 1, 'for a lease to wait')

  const during = await collect()
  expect(during).toMatchObject({
    'db.client.connection.count': {
      unit: '{connection}',
      points: [
        [withState('idle'), 0],
        [withState('used'), 1],
      ],
    },
    'db.client.connection.max': { unit: '{connection}', points: [[POOL, 1]] },
    'db.client.connection.idle.max': { unit: '{connection}', points: [[POOL, 1]] },
    'db.client.connection.idle.min': { unit: '{connection}', points: [[POOL, 0]] },
    'db.client.connection.pending_requests': { unit: '{request}', points: [[POOL, 1]] },
    'db.client.connection.timeouts': { unit: '{timeout}', points: [[POOL, 1]] },
    'db.client.connection.create_time': { unit: 's', points: [[POOL, { count: 1 }]] },
    'db.client.connection.wait_time': { unit: 's', points: [[POOL, { count: 1 }]] },
  })
  expect(during['db.client.connection.use_time']).toBeUndefined()

  done.open()
  await Promise.all([held, waiting])
  await until(() => broker.stats().default!.idle === 1, 'for the connection to be idle')
  const after = await collect()
  expect(after).toMatchObject({
    'db.client.connection.count': {
      points: [
        [withState('idle'), 1],
        [withState('used'), 0],
      ],
    },
    'db.client.connection.pending_requests': { points: [[POOL, 0]] },
    'db.client.connection.wait_time': { points: [[POOL, { count: 2 }]] },
    'db.client.connection.use_time': { unit: 's', points: [[POOL, { count: 2 }]] },
  })
  const { holdMillis } = broker.stats().default!
  const [, use] = after['db.client.connection.use_time']!.points[0] as [object, { sum: number }]
  expect(use.sum).toBeCloseTo((holdMillis.mean * holdMillis.count) / 1000, 3)
})

test('the pools of brokers with names are told from one another, whatever their databases are called', async () => {
  const { connectionString } = database
  const { broker, meterProvider, collect } = start()
  const named = new ConnectionBroker({
    name: 'reports',
    databases: { default: { connectionString, max: 2 } },
  })
  closers.push(() => named.close({ timeoutMillis: 0 }))
  for (const each of [broker, named]) closers.push(observeBroker(each, { meterProvider }))
  await named.withConnection((client) => client.query('SELECT 1'))
  await broker.withConnection((client) => client.query('SELECT 1'))
  await broker.withConnection((client) => client.query('SELECT 1'))
  await until(
    () => [broker, named].every((each) => each.stats().default!.idle === 1),
    'for the leases to end',
  )
  const [one, other] = ['default', 'reports/default'].map((name) => ({
    'db.client.connection.pool.name': name,
  }))
  const collected = await collect()
  expect(collected).toMatchObject({
    'db.client.connection.max': {
      points: [
        [one, 1],
        [other, 2],
      ],
    },
  })
  for (const time of ['create_time', 'wait_time', 'use_time'])
    expect(new Map(collected[`db.client.connection.${time}`]!.points as [object, object][])).toEqual(
      new Map([
        [other, expect.objectContaining({ count: 1 })],
        [one, expect.objectContaining({ count: time === 'create_time' ? 1 : 2 })],
      ]),
    )
})

test('what has ended is reported no more, and what was never observed neither', async () => {
  const { broker, meterProvider, collect } = start()
  const end = observeBroker(broker, { meterProvider })
  await broker.withConnection((client) => client.query('SELECT 1'))
  end()
  const before = (await collect())['db.client.connection.wait_time']!.points
  await broker.withConnection((client) => client.query('SELECT 1'))
  expect((await collect())['db.client.connection.wait_time']!.points).toEqual(before)
})

test('the metrics of an executor tell what waits and runs, and how long tasks have taken by their outcome', async () => {
  const { broker, meterProvider, collect } = start(2)
  const executor = new SharedPoolExecutor(broker, {
    filename: new URL('./programs/metered.js', import.meta.url),
    maxThreads: 1,
  })
  closers.push(() => executor.close({ timeoutMillis: 0 }))
  closers.push(observeExecutor(executor, { meterProvider, name: 'reports' }))
  const memory = new SharedArrayBuffer(4)
  let tell = () => {}
  const began = new Promise<void>((resolve) => {
    tell = resolve
  })
  const first = executor.run(memory, { name: 'waits', onProgress: () => tell() })
  await began
  const others = [executor.run(1, { name: 'echoes' }), executor.run(2, { name: 'fails' })]
  const settled = Promise.allSettled([first, ...others])
  const name = { 'pglease.executor.name': 'reports' }
  expect(await collect()).toMatchObject({
    'pglease.task.queued': { unit: '{task}', points: [[name, 2]] },
    'pglease.task.running': { unit: '{task}', points: [[name, 1]] },
  })
  Atomics.store(new Int32Array(memory), 0, 1)
  Atomics.notify(new Int32Array(memory), 0)
  await settled
  const task = (name: string, outcome: string) => ({
    'pglease.task.name': name,
    'pglease.task.outcome': outcome,
  })
  const after = await collect()
  expect(after).toMatchObject({
    'pglease.task.queued': { points: [[name, 0]] },
    'pglease.task.duration': {
      unit: 's',
      points: [
        [task('waits', 'returned'), { count: 1 }],
        [task('echoes', 'returned'), { count: 1 }],
        [task('fails', 'failed'), { count: 1 }],
      ],
    },
  })
  expect(after['pglease.task.wait_time']!.points).toHaveLength(3)
})
