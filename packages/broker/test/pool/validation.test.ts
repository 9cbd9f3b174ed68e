import { beforeEach, expect, test } from 'vitest'
import type { DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import type { Doorman } from '../support/doorman.js'
import { hold, processId, warm } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

let doorman: Doorman
beforeEach(async () => {
  doorman = await lending.doorman()
})

const start = (options: DatabaseOptions = {}) =>
  lending.broker({ connectionString: doorman.connectionString, ...options })

test('a connection that was used a moment ago is lent without a question', async () => {
  const broker = start({ validateAfterIdleMillis: 60_000 })
  await warm(broker, 1)
  await processId(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, validated: 0, leases: 2 })
})

test('a connection that was idle for longer must answer first', async () => {
  const broker = start({ validateAfterIdleMillis: 0 })
  await warm(broker, 1)
  await processId(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, validated: 1, leases: 2 })
})

test('a connection that does not answer in time is closed, never lent again, and replaced', async () => {
  // Nobody but the validation has a limit here.
  const broker = start({ validateAfterIdleMillis: 0, validateTimeoutMillis: 50, connectionTimeoutMillis: 0 })
  const before = await processId(broker)
  await untilQuiet(broker)
  doorman.treat('deaf')
  expect(await processId(broker)).not.toBe(before)
  expect(broker.stats().default).toMatchObject({
    total: 1,
    opened: 2,
    validated: 1,
    closed: { invalid: 1, idle: 0, lost: 0 },
  })
})

test.each<[string, DatabaseOptions, object]>([
  ['its reset', {}, { unclean: 1 }],
  ['a validation, where nothing is reset', { resetQuery: '' }, { invalid: 1 }],
])(
  'a connection that was silent in the hands of its holder must answer first: %s',
  async (_by, options, closed) => {
    const broker = start({
      max: 1,
      validateAfterIdleMillis: 20,
      validateTimeoutMillis: 50,
      cancelTimeoutMillis: 50,
      connectionTimeoutMillis: 0,
      ...options,
    })
    const holder = await hold(broker)
    const silentSince = performance.now()
    doorman.treat('deaf')
    await until(() => performance.now() - silentSince > 25, 'for the silence to be long')
    await holder.release()
    expect(await processId(broker)).not.toBe(holder.processId)
    expect(broker.stats().default).toMatchObject({ opened: 2, closed })
  },
)

test('the search goes on until a connection is usable, even when the pool is full of dead ones', async () => {
  const broker = start({
    max: 3,
    validateAfterIdleMillis: 0,
    validateTimeoutMillis: 20,
    connectionTimeoutMillis: 0,
  })
  await warm(broker, 3)
  doorman.treat('deaf')
  await Promise.all([processId(broker), processId(broker), processId(broker), processId(broker)])
  await untilQuiet(broker)
  const { opened, closed, total } = broker.stats().default!
  expect(closed.invalid).toBeGreaterThanOrEqual(3)
  expect(total).toBeLessThanOrEqual(3)
  expect(opened - closed.invalid).toBe(total)
})

test('the search ends when the time of the caller is over', async () => {
  const broker = start({ validateAfterIdleMillis: 0, validateTimeoutMillis: 60_000 })
  await warm(broker, 1)
  doorman.treat('deaf')
  await expect(processId(broker, { connectionTimeoutMillis: 20 })).rejects.toMatchObject({
    code: 'PGLEASE_LEASE_TIMEOUT',
    database: 'default',
  })
  expect(broker.stats().default).toMatchObject({ validated: 1, timeouts: 1, waiting: 0 })
})

test('a close does not wait for the answer of a connection that may be dead', async () => {
  const broker = start({ validateAfterIdleMillis: 0, validateTimeoutMillis: 60_000 })
  await warm(broker, 1)
  doorman.treat('deaf')
  const vain = expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
  await until(() => broker.stats().default!.validated === 1, 'for the question')
  await broker.close()
  await vain
})

test('a connection that the server has closed while idle is dropped without a question', async () => {
  const broker = start({ validateAfterIdleMillis: 0 })
  const before = await processId(broker)
  await untilQuiet(broker)
  await database.terminateConnections()
  await until(() => broker.stats().default!.total === 0, 'for the loss to be seen')
  expect(await processId(broker)).not.toBe(before)
  expect(broker.stats().default).toMatchObject({ validated: 0, closed: { lost: 1 } })
})

test('a connection on which the server has said goodbye is not lent, though it is still open', async () => {
  const broker = start({ validateAfterIdleMillis: 60_000 })
  const before = await processId(broker)
  await untilQuiet(broker)
  doorman.treat('endless')
  await database.terminateConnections()
  await until(() => broker.stats().default!.idle === 0, 'for the goodbye')
  expect(await processId(broker)).not.toBe(before)
  expect(broker.stats().default).toMatchObject({ leases: 2, closed: { lost: 1 } })
})
