import { type EventEmitter, once } from 'node:events'
import { describe, expect, test } from 'vitest'
import type {
  CloseReason,
  ConnectionBroker,
  DatabaseOptions,
  DatabaseStatistics,
} from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { clockGoesOn, letTimePass } from '../../support/stopped-clock.js'
import { until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

type Numbers = Omit<DatabaseStatistics, 'closed' | 'paused' | 'relayReason' | 'waitMillis' | 'holdMillis'> & {
  closed: Record<CloseReason, number>
  waits: number
  holds: number
}

/** A history: what was done, and by how much it changes which number. */
class History {
  readonly #broker: ConnectionBroker
  readonly #expected: Numbers

  constructor(broker: ConnectionBroker) {
    this.#broker = broker
    this.#expected = this.#actual()
    const { max, closed, ...others } = this.#expected
    expect(Object.values({ ...others, ...closed }).every((number) => number === 0)).toBe(true)
  }

  /** Does it, and compares every number. */
  async step(
    what: string,
    work: () => unknown,
    { closed = {}, ...changes }: Partial<Omit<Numbers, 'closed'>> & { closed?: Partial<Numbers['closed']> },
  ): Promise<void> {
    await work()
    await untilQuiet(this.#broker)
    this.add(changes)
    for (const [reason, by] of Object.entries(closed)) this.#expected.closed[reason as CloseReason] += by
    expect(this.#actual(), what).toEqual(this.#expected)
    this.#addsUp()
  }

  /** Expects more of a number. */
  add(changes: Partial<Omit<Numbers, 'closed'>>): void {
    for (const [name, by] of Object.entries(changes)) this.#expected[name as 'opened'] += by
  }

  /** What a number should have been before the current step. */
  now(name: 'bytesFromServer'): number {
    return this.#expected[name]
  }

  #actual(): Numbers {
    const { waitMillis, holdMillis, relayReason, paused, ...numbers } = this.#broker.stats().default!
    return { ...numbers, waits: waitMillis.count, holds: holdMillis.count }
  }

  #addsUp(): void {
    const { total, connecting, idle, leased, settling, opened, closed, leases, waitMillis, holdMillis } =
      this.#broker.stats().default!
    const allClosed = Object.values(closed).reduce((sum, each) => sum + each, 0)
    expect(total).toBe(connecting + idle + leased + settling)
    expect(opened).toBe(allClosed + total - connecting)
    expect(waitMillis.count).toBe(leases)
    expect(holdMillis.count).toBe(leases - leased)
  }
}

/** A lease that runs one statement by a simple query. */
const query = (broker: ConnectionBroker, text: string, options = {}) =>
  broker.withConnection((client) => client.query(text), options)

/**
 * The lengths of messages, as of "Message Formats", chapter 54.7 of the PostgreSQL documentation: a type byte, four
 * bytes of length, and what follows.
 */
const bytes = {
  query: (text: string) => 5 + text.length + 1,
  rowDescription: (column: string) => 5 + 2 + column.length + 1 + 18,
  dataRow: (value: string) => 5 + 2 + 4 + value.length,
  commandComplete: (tag: string) => 5 + tag.length + 1,
  readyForQuery: 6,
}

const SELECT_1 = {
  bytesToServer: bytes.query('SELECT 1'),
  bytesFromServer:
    bytes.rowDescription('?column?') +
    bytes.dataRow('1') +
    bytes.commandComplete('SELECT 1') +
    bytes.readyForQuery,
}
/** A lease granted, used and given back. */
const LEASE = { leases: 1, handedOver: getSockets ? 1 : 0, waits: 1, holds: 1, resets: 1 }

const pidBytes = (pid: number) => ({
  bytesToServer: bytes.query('SELECT pg_backend_pid() AS pid'),
  bytesFromServer:
    bytes.rowDescription('pid') +
    bytes.dataRow(String(pid)) +
    bytes.commandComplete('SELECT 1') +
    bytes.readyForQuery,
})

test('every number tells what has happened', async () => {
  const broker = lending.broker({
    max: 1,
    maxWaiting: 1,
    connectionTimeoutMillis: 0,
    idleTimeoutMillis: 0,
    validateAfterIdleMillis: 60_000,
  })
  const history = new History(broker)
  const aNewConnection = () =>
    history.step('a new connection', () => query(broker, 'SELECT 1'), {
      ...LEASE,
      ...SELECT_1,
      total: 1,
      idle: 1,
      opened: 1,
    })

  await aNewConnection()
  await history.step('a second lease', () => query(broker, 'SELECT 1'), { ...LEASE, ...SELECT_1 })

  await history.step('an open transaction', () => query(broker, 'BEGIN'), {
    ...LEASE,
    rollbacks: 1,
    bytesToServer: bytes.query('BEGIN'),
    bytesFromServer: bytes.commandComplete('BEGIN') + bytes.readyForQuery,
  })

  const holder = await hold(broker)
  const heldBytes = pidBytes(holder.processId)
  await history.step(
    'a wait in vain, one given up, one too many, and one served',
    async () => {
      const late = processId(broker, { connectionTimeoutMillis: 10 })
      await expect(late).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
      const stop = new AbortController()
      const aborted = processId(broker, { signal: stop.signal })
      await untilWaiting(broker, 1)
      await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_QUEUE_FULL' })
      stop.abort()
      await expect(aborted).rejects.toThrow()
      await untilWaiting(broker, 0)
      const served = query(broker, 'SELECT 1')
      await untilWaiting(broker, 1)
      await holder.release()
      await served
    },
    {
      timeouts: 1,
      withdrawn: 1,
      refused: 1,
      leases: 2,
      handedOver: getSockets ? 2 : 0,
      waits: 2,
      holds: 2,
      resets: 2,
      bytesToServer: heldBytes.bytesToServer + SELECT_1.bytesToServer,
      bytesFromServer: heldBytes.bytesFromServer + SELECT_1.bytesFromServer,
    },
  )

  await history.step(
    'a release in the middle of a query',
    () =>
      broker.withConnection(async (client) => {
        client.query(SLEEP).catch(() => {})
        await untilRunning(database)
      }),
    // The server keeps the head of the answer back until there is more of it.
    { ...LEASE, cancels: 1, bytesToServer: bytes.query(SLEEP) },
  )

  let errorLength = 0
  await history.step(
    'a cancelled query',
    async () => {
      await broker.withConnection(async (client) => {
        const cancelled = client.query(SLEEP).catch((error) => error)
        await untilRunning(database)
        // The server sends the error ahead of the end of its answer, which is to be counted too.
        const { connection } = client as unknown as { connection: EventEmitter }
        const ready = once(connection, 'readyForQuery')
        client.cancelQuery()
        errorLength = (await cancelled).length
        await ready
      })
      history.add({
        bytesFromServer: bytes.rowDescription('pg_sleep') + 1 + errorLength + bytes.readyForQuery,
      })
    },
    { ...LEASE, cancels: 1, bytesToServer: bytes.query(SLEEP) },
  )

  await history.step(
    'a connection given up by its holder',
    () =>
      broker.withConnection(async (client) => {
        await client.query('SELECT 1')
        client.release({ destroy: true })
      }),
    { ...LEASE, ...SELECT_1, resets: 0, total: -1, idle: -1, closed: { destroyed: 1 } },
  )

  await aNewConnection()

  await history.step('a recycle', () => broker.recycle(), { total: -1, idle: -1, closed: { recycled: 1 } })

  await history.step(
    'a recycle by force',
    async () => {
      const work = broker.withConnection(async (client) => {
        await client.query('SELECT 1')
        await until(() => client.isOver, 'for the lease to be revoked')
      })
      const answered = history.now('bytesFromServer') + SELECT_1.bytesFromServer
      await until(() => broker.stats().default!.bytesFromServer === answered, 'for the answer')
      await broker.recycle('default', { force: true })
      await work
    },
    { ...LEASE, ...SELECT_1, resets: 0, opened: 1, revoked: 1, closed: { recycled: 1 } },
  )

  await aNewConnection()

  await history.step(
    'a connection lost while idle',
    async () => {
      await database.terminateConnections()
      await until(() => broker.stats().default!.total === 0, 'for the loss to be seen')
    },
    { total: -1, idle: -1, closed: { lost: 1 } },
  )

  await history.step(
    'an unknown lease option',
    () => expect(query(broker, 'SELECT 1', { level: 3 })).rejects.toThrow(),
    {},
  )

  await aNewConnection()
  await history.step('a close', () => broker.close(), { total: -1, idle: -1, closed: { closed: 1 } })
  await history.step(
    'a lease after the close',
    () => expect(query(broker, 'SELECT 1')).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' }),
    {},
  )
})

describe('a connection that is closed is counted by the reason', () => {
  const start = (options: DatabaseOptions) => {
    const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0, ...options })
    return { broker, history: new History(broker) }
  }
  const untilClosed = (broker: ConnectionBroker, reason: CloseReason) =>
    until(() => broker.stats().default!.closed[reason] > 0, 'for the connection to be closed')

  test.each<[CloseReason, DatabaseOptions, number]>([
    ['idle', { idleTimeoutMillis: 100 }, 1],
    ['uses', { maxUses: 1 }, 0],
  ])('%s', async (reason, options, resets) => {
    const { broker, history } = start(options)
    await history.step(
      reason,
      async () => {
        await query(broker, 'SELECT 1')
        await untilClosed(broker, reason)
      },
      { ...LEASE, ...SELECT_1, resets, opened: 1, closed: { [reason]: 1 } },
    )
  })

  test('lifetime', async () => {
    const { broker, history } = start({ maxLifetimeSeconds: 3600 })
    await history.step(
      'a lease that outlasts it',
      async () => {
        await broker.withConnection(async (client) => {
          await client.query('SELECT 1')
          letTimePass(3_600_000)
        })
        await untilClosed(broker, 'lifetime')
      },
      { ...LEASE, ...SELECT_1, opened: 1, closed: { lifetime: 1 } },
    )
  })

  test('invalid, and what was validated before', async () => {
    const doorman = await lending.doorman()
    const { broker, history } = start({
      connectionString: doorman.connectionString,
      validateAfterIdleMillis: 0,
      validateTimeoutMillis: 100,
      idleTimeoutMillis: 0,
    })
    const opened = { opened: 1, ...LEASE, ...SELECT_1 }
    await history.step('a lease', () => query(broker, 'SELECT 1'), { ...opened, total: 1, idle: 1 })
    await history.step('a valid one', () => query(broker, 'SELECT 1'), {
      ...LEASE,
      ...SELECT_1,
      validated: 1,
    })
    doorman.treat('deaf')
    await history.step('one that does not answer', () => query(broker, 'SELECT 1'), {
      ...opened,
      validated: 1,
      closed: { invalid: 1 },
    })
  })

  test('unclean, when its query does not stop', async () => {
    const doorman = await lending.doorman()
    const { broker, history } = start({ connectionString: doorman.connectionString, cancelTimeoutMillis: 20 })
    await history.step(
      'a network that breaks',
      () =>
        broker.withConnection(async (client) => {
          await client.query('SELECT 1')
          doorman.treat('deaf')
          client.query('SELECT 1').catch(() => {})
          await until(() => broker.stats().default!.bytesToServer > 14, 'for the query to be sent')
        }),
      {
        ...LEASE,
        ...SELECT_1,
        bytesToServer: 2 * SELECT_1.bytesToServer,
        resets: 0,
        cancels: 1,
        opened: 1,
        closed: { unclean: 1 },
      },
    )
  })

  test('lost, in the middle of a lease', async () => {
    const proxy = await lending.proxy()
    const { broker, history } = start({ connectionString: proxy.connectionString })
    await history.step(
      'a network that breaks',
      () =>
        broker.withConnection(async (client) => {
          await client.query('SELECT 1')
          proxy.cut()
          await until(() => client.isOver, 'for the loss')
        }),
      { ...LEASE, ...SELECT_1, resets: 0, opened: 1, closed: { lost: 1 } },
    )
  })

  test('or not at all, when it never came about', async () => {
    const proxy = await lending.proxy()
    const { broker, history } = start({ connectionString: proxy.connectionString })
    proxy.refuse()
    await history.step(
      'a server that is away',
      () => expect(processId(broker, { connectionTimeoutMillis: 10 })).rejects.toThrow(),
      { connectFailures: 1, timeouts: 1 },
    )
  })
})

test('waits and holds are told in milliseconds, from the shortest to the longest', async () => {
  const broker = lending.broker({ max: 1 })
  expect(broker.stats().default).toMatchObject({
    waitMillis: { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 },
    holdMillis: { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 },
  })
  const begin = performance.now()
  await Promise.all([
    query(broker, 'SELECT pg_sleep(0.05)'),
    query(broker, 'SELECT 1'),
    query(broker, 'SELECT 1'),
  ])
  const whole = performance.now() - begin
  await untilQuiet(broker)
  const { waitMillis, holdMillis } = broker.stats().default!
  for (const { count, min, mean, p50, p90, p99, max } of [waitMillis, holdMillis]) {
    expect(count).toBe(3)
    const rising = [0, min, p50, p90, p99, max]
    expect(rising).toEqual([...rising].sort((a, b) => a - b))
    expect(min <= mean && mean <= max).toBe(true)
    // Of the unit, not of the speed: the sleep took 50 ms of the whole.
    expect(max).toBeGreaterThanOrEqual(50)
    expect(max).toBeLessThanOrEqual(whole * 1.01)
  }
})

test('what is going on now is told too', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({ max: 2, connectionString: doorman.connectionString })
  const held = await hold(broker)
  doorman.holdNewcomers()
  const waiters = [processId(broker), processId(broker)]
  await untilWaiting(broker, 2)
  expect(broker.stats().default).toMatchObject({
    total: 2,
    connecting: 1,
    idle: 0,
    leased: 1,
    settling: 0,
    waiting: 2,
    max: 2,
    opened: 1,
  })
  doorman.letIn()
  await Promise.all(waiters)
  await held.release()
})

test('each database has numbers of its own', async () => {
  const broker = lending.broker({}, { replica: {} })
  await processId(broker, { database: 'replica' })
  expect(broker.stats()).toMatchObject({
    default: { leases: 0, opened: 0 },
    replica: { leases: 1, opened: 1 },
  })
})
