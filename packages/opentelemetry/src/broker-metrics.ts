import {
  type Attributes,
  type BatchObservableResult,
  type Meter,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api'
import {
  type ConnectionBroker,
  channels,
  type DatabaseMessage,
  type LeaseReleasedMessage,
} from '@pglease/broker'
import { all, POOL_SECONDS, SCOPE, seconds } from './scope.js'
import { subscribe } from './subscribe.js'

/** Where the metrics of a broker go. */
export interface BrokerMetricsOptions {
  /** Default: the global one. */
  meterProvider?: MeterProvider
  /**
   * The `db.client.connection.pool.name` of a database. Default: its name in the broker's options, behind that of the broker and a
   * slash where the broker has one.
   */
  poolName?: (database: string) => string
}

const POOL = 'db.client.connection.pool.name'
const STATE = 'db.client.connection.state'

/**
 * Reports the pool metrics of the semantic conventions, each database of the broker a pool. Brokers of one process are told from
 * one another by their `name`.
 * https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#connection-pools
 * @returns what ends it; a broker that has closed is reported until then.
 */
export function observeBroker(broker: ConnectionBroker, options: BrokerMetricsOptions = {}): () => void {
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE)
  const prefix = broker.name === undefined ? '' : `${broker.name}/`
  const poolName = options.poolName ?? ((database) => `${prefix}${database}`)
  const pools = new Map<string, Attributes>(
    broker.databases.map((name) => [name, { [POOL]: poolName(name) }]),
  )
  return all([observeFigures(meter, broker, pools), recordTimes(meter, broker.name, pools)])
}

/** What a pool has now, read when the metrics are collected. */
function observeFigures(
  meter: Meter,
  broker: ConnectionBroker,
  pools: ReadonlyMap<string, Attributes>,
): () => void {
  const connections = (name: string, description: string) =>
    meter.createObservableUpDownCounter(name, { unit: '{connection}', description })
  const instruments = {
    count: connections(
      'db.client.connection.count',
      'The number of connections that are currently in state described by the state attribute.',
    ),
    idleMax: connections(
      'db.client.connection.idle.max',
      'The maximum number of idle open connections allowed.',
    ),
    idleMin: connections(
      'db.client.connection.idle.min',
      'The minimum number of idle open connections allowed.',
    ),
    max: connections('db.client.connection.max', 'The maximum number of open connections allowed.'),
    pending: meter.createObservableUpDownCounter('db.client.connection.pending_requests', {
      unit: '{request}',
      description: 'The number of current pending requests for an open connection.',
    }),
    timeouts: meter.createObservableCounter('db.client.connection.timeouts', {
      unit: '{timeout}',
      description:
        'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
    }),
  }
  const observe = (result: BatchObservableResult) => {
    for (const [name, figures] of Object.entries(broker.stats())) {
      const pool = pools.get(name)!
      result.observe(instruments.count, figures.idle, { ...pool, [STATE]: 'idle' })
      result.observe(instruments.count, figures.leased + figures.settling, { ...pool, [STATE]: 'used' })
      result.observe(instruments.idleMax, figures.max, pool)
      result.observe(instruments.idleMin, figures.min, pool)
      result.observe(instruments.max, figures.max, pool)
      result.observe(instruments.pending, figures.waiting, pool)
      result.observe(instruments.timeouts, figures.timeouts, pool)
    }
  }
  const observed = Object.values(instruments)
  meter.addBatchObservableCallback(observe, observed)
  return () => meter.removeBatchObservableCallback(observe, observed)
}

/** How long something took, recorded when the broker tells of it. */
function recordTimes(
  meter: Meter,
  name: string | undefined,
  pools: ReadonlyMap<string, Attributes>,
): () => void {
  const times = (metric: string, description: string) => {
    const advice = { explicitBucketBoundaries: POOL_SECONDS }
    const histogram = meter.createHistogram(metric, { unit: 's', description, advice })
    return ({ broker, database }: DatabaseMessage, millis: number) => {
      const pool = broker === name ? pools.get(database) : undefined
      if (pool !== undefined) histogram.record(seconds(millis), pool)
    }
  }
  const create = times('db.client.connection.create_time', 'The time it took to create a new connection.')
  const wait = times(
    'db.client.connection.wait_time',
    'The time it took to obtain an open connection from the pool.',
  )
  const use = times(
    'db.client.connection.use_time',
    'The time between borrowing a connection and returning it to the pool.',
  )
  const used = (message: LeaseReleasedMessage) => use(message, message.holdMillis)
  return all([
    subscribe(channels.connectionOpened, (message) => create(message, message.connectMillis)),
    subscribe(channels.leaseGranted, (message) => wait(message, message.waitMillis)),
    subscribe(channels.leaseReleased, used),
    subscribe(channels.leaseRevoked, used),
    subscribe(channels.leaseLost, used),
  ])
}
