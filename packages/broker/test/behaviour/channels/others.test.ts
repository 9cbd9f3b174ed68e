import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConnectionBroker, channels } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hear, hearNothingMore } from '../../support/heard.js'
import { hold, processId } from '../../support/hold.js'
import { Lending } from '../../support/lending.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/aborted.js')

const database = await createTestDatabase()
const lending = new Lending(database)
hearNothingMore()

describe('a connection', () => {
  test('is told of when it is open and when it is closed, with the reason', async () => {
    const broker = lending.broker({ max: 2 })
    const heard = hear('connectionOpened', 'connectionClosed')
    const pid = await processId(broker)
    await processId(broker)
    await broker.recycle()
    const held = await hold(broker)
    await broker.close({ timeoutMillis: 0 })
    await held.release().catch(() => {})
    const about = (processId: number) => ({ database: 'default', processId })
    const opened = (id: number) => ['connectionOpened', { ...about(id), connectMillis: expect.any(Number) }]
    const closed = (id: number, reason: string, uses: number) => [
      'connectionClosed',
      { ...about(id), reason, uses, ageMillis: expect.any(Number) },
    ]
    expect(heard.filter(([, { processId }]) => processId === pid)).toEqual([
      opened(pid),
      closed(pid, 'recycled', 2),
    ])
    expect(heard.filter(([, { processId }]) => processId === held.processId)).toEqual([
      opened(held.processId),
      closed(held.processId, 'closed', 1),
    ])
  })

  test('that cannot be opened is told of with the error', async () => {
    const broker = lending.broker({ connectionString: 'postgres://nobody@127.0.0.1:1/nowhere' })
    const heard = hear('connectionFailed', 'connectionOpened')
    await processId(broker, { connectionTimeoutMillis: 1 }).catch(() => {})
    await until(() => heard.length > 0, 'for the failure')
    expect(heard[0]).toEqual([
      'connectionFailed',
      {
        database: 'default',
        error: expect.objectContaining({ code: 'ECONNREFUSED' }),
        connectMillis: expect.any(Number),
      },
    ])
  })
})

describe('a task', () => {
  const start = lending.shared(() => ({
    executor: lending.executor<Tasks>(lending.broker(), 'manners/aborted.js'),
  }))

  test('is told of when it is queued, begins and has returned', async () => {
    const { executor } = start()
    const heard = hear('taskQueued', 'taskStarted', 'taskEnded')
    const id = await executor.run(undefined, { name: 'threadOf' })
    const about = { run: heard[0]![1].run, task: 'threadOf' }
    expect(heard).toEqual([
      ['taskQueued', { ...about, carrier: {} }],
      ['taskStarted', { ...about, threadId: id, waitMillis: expect.any(Number) }],
      [
        'taskEnded',
        { ...about, threadId: id, runMillis: expect.any(Number), outcome: 'returned', error: undefined },
      ],
    ])
  })

  test('that fails is told of with what it rejects with', async () => {
    const { executor } = start()
    const heard = hear('taskEnded')
    await executor.run('SELECT 1/0', { name: 'queries' }).catch(() => {})
    expect(heard).toMatchObject([
      ['taskEnded', { task: 'queries', outcome: 'failed', error: { code: '22012' } }],
    ])
  })

  test('that is aborted is told of so, whether or not it has begun', async () => {
    const { executor } = start()
    const heard = hear('taskQueued', 'taskStarted', 'taskEnded')
    const [one, other] = [new AbortController(), new AbortController()]
    const running = executor.run(undefined, { name: 'waitsForAbort', signal: one.signal })
    const queued = executor.run(undefined, { name: 'echoes', signal: other.signal })
    await until(() => heard.some(([name]) => name === 'taskStarted'), 'for the first to begin')
    other.abort('not wanted')
    one.abort('enough')
    expect(await Promise.allSettled([running, queued])).toMatchObject([
      { reason: 'enough' },
      { reason: 'not wanted' },
    ])
    expect(heard.filter(([name]) => name === 'taskEnded')).toMatchObject([
      [
        'taskEnded',
        { task: 'echoes', threadId: undefined, runMillis: 0, outcome: 'aborted', error: 'not wanted' },
      ],
      ['taskEnded', { task: 'waitsForAbort', outcome: 'aborted', error: 'enough' }],
    ])
  })
})

test('a warning is told of, whether or not anybody listens for the event', async () => {
  const broker = lending.broker({ max: 1 })
  const heard = hear('warning')
  await broker.withConnection((client) => client.query('BEGIN'))
  await until(() => heard.length > 0, 'for the warning')
  expect(heard).toMatchObject([['warning', { code: 'PGLEASE_OPEN_TRANSACTION', database: 'default' }]])
})

test('brokers whose databases have the same names are told apart by their own', async () => {
  const { connectionString } = database
  const heard = hear(
    'leaseRequested',
    'leaseGranted',
    'leaseReleased',
    'connectionOpened',
    'connectionClosed',
    'warning',
  )
  for (const options of [{ name: 'reports' }, {}]) {
    const { name } = options as { name?: string }
    const broker = new ConnectionBroker({ ...options, databases: { default: { connectionString, max: 1 } } })
    lending.closeAfterTest(() => broker.close())
    expect(broker.name).toBe(name)
    await broker.withConnection((client) => client.query('BEGIN'))
    await broker.close()
    expect(heard.map(([, message]) => message.broker)).toEqual([name, name, name, name, name, name])
    const [, warning] = heard.find(([channel]) => channel === 'warning')!
    expect(warning.message).toMatch(
      name === undefined ? /^the main thread released/ : /^reports: the main thread released/,
    )
    heard.splice(0)
  }
})

describe('a subscriber that throws', () => {
  let uncaught: unknown[] = []
  let others: NodeJS.UncaughtExceptionListener[] = []
  const note = (error: unknown) => uncaught.push(error)

  beforeEach(() => {
    uncaught = []
    others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', note)
  })

  afterEach(() => {
    process.off('uncaughtException', note)
    for (const each of others) process.on('uncaughtException', each)
  })

  test('costs the broker, the executor and other subscribers nothing, and the process hears of it', async () => {
    const error = new Error('of a subscriber')
    const throws = () => {
      throw error
    }
    for (const channel of Object.values(channels)) channel.subscribe(throws)
    const heard = hear('leaseReleased', 'taskEnded', 'connectionClosed')
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Tasks>(broker, 'manners/aborted.js')
    expect(await executor.run('SELECT 1 AS one', { name: 'queries' })).toEqual({ one: 1 })
    expect(await processId(broker)).toBeGreaterThan(0)
    await executor.close()
    await broker.close()
    for (const channel of Object.values(channels)) channel.unsubscribe(throws)
    expect(new Set(heard.map(([name]) => name))).toEqual(
      new Set(['leaseReleased', 'taskEnded', 'connectionClosed']),
    )
    await until(() => uncaught.length > 0, 'for the process to hear of it')
    expect(new Set(uncaught)).toEqual(new Set([error]))
  })
})
