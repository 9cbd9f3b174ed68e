import { ConfigurationError } from '@pglease/client'
import { describe, expect, test } from 'vitest'
import { ConnectionBroker, type DatabaseOptions, SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, taskFile } from '../support/lending.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** The error that a constructor or call throws at once. */
function thrown(work: () => unknown): ConfigurationError {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error as ConfigurationError
  }
  throw new Error('Nothing was thrown')
}

const withOptions = (options: unknown) =>
  thrown(() => new ConnectionBroker({ databases: { default: {}, replica: options as DatabaseOptions } }))

describe('a database is refused as misconfigured', () => {
  test('when its minimum is above its maximum', () => {
    expect(withOptions({ min: 5, max: 4 })).toMatchObject({
      code: 'PGLEASE_CONFIGURATION',
      retryable: false,
      database: 'replica',
      option: 'databases.replica.min',
      value: 5,
      message: 'databases.replica.min is 5, but must be at most databases.replica.max, which is 4.',
    })
  })

  test('when its minimum is above the maximum that it has by default', () => {
    expect(withOptions({ min: 11 })).toMatchObject({ option: 'databases.replica.min', value: 11 })
  })

  test.each([
    ['max', 0],
    ['max', 1.5],
    ['max', '4'],
    ['max', Number.POSITIVE_INFINITY],
    ['min', -1],
    ['min', Number.NaN],
    ['connectionTimeoutMillis', -1],
    ['connectionTimeoutMillis', '5s'],
    ['idleTimeoutMillis', 2 ** 31],
    ['maxWaiting', -1],
    ['maxUses', 0.5],
    ['maxLifetimeSeconds', '1h'],
    ['maxLeaseMillis', null],
    ['isolationLevel', 'SNAPSHOT'],
    ['readOnly', 'yes'],
    ['deferrable', 1],
    ['port', '5432'],
    ['port', 65_536],
  ])('when its %s is %s', (name, value) => {
    const option = `databases.replica.${name}`
    const error = withOptions({ [name]: value })
    expect(error).toMatchObject({ database: 'replica', option, value })
    expect(error.message).toMatch(`${option} is `)
    expect(error.message).toMatch('must be ')
  })

  test.each([
    ['resetQuery', true, 'a boolean'],
    ['onConnect', 'SET x = 1', 'a string'],
    ['password', 42, 'a number'],
    ['host', ['localhost', 5], 'an array'],
    ['user', null, 'null'],
    ['ssl', 'require', 'a string'],
    ['ssl', ['ca'], 'an array'],
  ])('when its %s is %s, which may be a secret and is not shown', (name, value, type) => {
    const option = `databases.replica.${name}`
    const error = withOptions({ [name]: value })
    expect(error).toMatchObject({ database: 'replica', option })
    expect(error).not.toHaveProperty('value')
    expect(error.message).toMatch(`${option} is ${type}, but must be `)
  })

  test.each([
    ['maxConnections', undefined],
    ['idleTimeoutMilis', 'idleTimeoutMillis'],
    ['connectionTimeoutmillis', 'connectionTimeoutMillis'],
    ['mx', 'max'],
    ['isolation', undefined],
    ['constructor', undefined],
    ['Max', 'max'],
  ])('when it has an option %s, and told what was meant or what there is', (name, meant) => {
    const error = withOptions({ [name]: 3 })
    expect(error).toMatchObject({ database: 'replica', option: `databases.replica.${name}` })
    expect(error.message).toMatch(meant === undefined ? / Known: .*max/ : `Did you mean "${meant}"?`)
  })

  test.each(['localhost:5432/app', 'mysql://localhost/app', 'postgres'])(
    'when its connection string is %s',
    (connectionString) => {
      const error = withOptions({ connectionString })
      expect(error).toMatchObject({ database: 'replica', option: 'databases.replica.connectionString' })
    },
  )

  test.each([[null], ['postgres://localhost/app'], [7]])('when it is %j instead of options', (options) => {
    expect(withOptions(options)).toMatchObject({ database: 'replica', option: 'databases.replica' })
  })
})

describe('a broker is refused as misconfigured', () => {
  test.each([
    [{}, 'databases'],
    [{ databases: {} }, 'databases'],
    [{ databases: [] }, 'databases'],
    [{ databases: { default: {} }, max: 3 }, 'max'],
  ])('when it is given %j', (options, option) => {
    expect(thrown(() => new ConnectionBroker(options as never))).toMatchObject({ option })
  })

  test('when its databases are misspelt, and told so', () => {
    const error = thrown(() => new ConnectionBroker({ database: { default: {} } } as never))
    expect(error.message).toMatch('Did you mean "databases"?')
  })

  test('when its close is given no time', async () => {
    const broker = lending.broker()
    await expect(broker.close({ timeoutMillis: -1 })).rejects.toMatchObject({
      code: 'PGLEASE_CONFIGURATION',
      option: 'close.timeoutMillis',
      value: -1,
    })
    expect(broker.state).toBe('open')
  })
})

describe('an option of a lease is refused', () => {
  test.each([
    [{ isolationLevel: 'snapshot' }, 'lease.isolationLevel'],
    [{ readOnly: 'yes' }, 'lease.readOnly'],
    [{ priority: 'high' }, 'lease.priority'],
    [{ priority: Number.NaN }, 'lease.priority'],
    [{ connectionTimeoutMillis: -5 }, 'lease.connectionTimeoutMillis'],
    [{ readonly: true }, 'lease.readonly'],
    [{ database: 7 }, 'lease.database'],
  ])('when it is %j', async (options, option) => {
    const broker = lending.broker()
    const work = broker.withConnection((client) => client.query('SELECT 1'), options as never)
    await expect(work).rejects.toBeInstanceOf(ConfigurationError)
    await expect(work).rejects.toMatchObject({ option })
    expect(broker.stats().default!.leases).toBe(0)
  })

  test('with the name of its database', async () => {
    const broker = lending.broker()
    const work = broker.withConnection((client) => client.query('SELECT 1'), { isolation: 'x' } as never)
    await expect(work).rejects.toMatchObject({ database: 'default', option: 'lease.isolation' })
  })
})

describe('an executor is refused as misconfigured', () => {
  test.each([
    [{ filename: './tasks.js' }, 'executor.filename'],
    [{ filename: undefined }, 'executor.filename'],
    [{ filename: new URL('https://pglease.dev/tasks.js') }, 'executor.filename'],
    [{ filename: 3 }, 'executor.filename'],
    [{ minThreads: 3, maxThreads: 2 }, 'executor.minThreads'],
    [{ maxThreads: 0 }, 'executor.maxThreads'],
    [{ maxThread: 2 }, 'executor.maxThread'],
    [{ abortGraceMillis: 'soon' }, 'executor.abortGraceMillis'],
    [{ maxQueue: -1 }, 'executor.maxQueue'],
    [{ env: 'HOME=/' }, 'executor.env'],
    [{ execArgv: '--import tsx' }, 'executor.execArgv'],
    [{ argv: 3 }, 'executor.argv'],
    [{ resourceLimits: 64 }, 'executor.resourceLimits'],
    [{ databases: 'default' }, 'executor.databases'],
    [{ databases: ['default', 'replicas'] }, 'executor.databases'],
  ])('when it is given %j', (options, option) => {
    const broker = lending.broker()
    const all = { filename: taskFile('manners/basics.js'), ...options } as never
    expect(thrown(() => new SharedPoolExecutor(broker, all))).toMatchObject({ option })
  })

  test.each([
    [{ signal: {} }, 'run.signal'],
    [{ name: 7 }, 'run.name'],
    [{ onProgress: 'yes' }, 'run.onProgress'],
    [{ transferList: {} }, 'run.transferList'],
    [{ abortSignal: new AbortController().signal }, 'run.abortSignal'],
  ])('when a task is given %j', async (options, option) => {
    const executor = lending.executor<Tasks>(lending.broker(), 'manners/basics.js')
    await expect(executor.run(1, options as never)).rejects.toMatchObject({
      code: 'PGLEASE_CONFIGURATION',
      option,
    })
  })

  test.each([
    [{ concurrency: 0 }, 'map.concurrency'],
    [{ ordered: 1 }, 'map.ordered'],
    [{ order: true }, 'map.order'],
  ])('when a map is given %j', async (options, option) => {
    const executor = lending.executor<Tasks>(lending.broker(), 'manners/basics.js')
    await expect(executor.map([1], options as never).next()).rejects.toMatchObject({
      code: 'PGLEASE_CONFIGURATION',
      option,
    })
  })
})

test('a broker cannot attach a thread to a database that it has not', () => {
  const broker = lending.broker({}, { replica: {} })
  expect(() => broker.attach({} as never, { databases: ['replicas'] })).toThrow(
    expect.objectContaining({ code: 'PGLEASE_UNKNOWN_DATABASE', database: 'replicas' }),
  )
  expect(() => broker.attach({} as never, { database: ['replica'] } as never)).toThrow(
    'Did you mean "databases"?',
  )
})
