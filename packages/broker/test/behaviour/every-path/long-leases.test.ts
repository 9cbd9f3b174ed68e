import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { duplicatedSockets } from '../../support/sockets.js'
import { clockGoesOn, holdTimers } from '../../support/stopped-clock.js'
import { until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'
import { warningsOf } from '../../support/warnings.js'

type Tasks = typeof import('../../tasks/manners/leaks.js')

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

const REVOKED = {
  name: 'LeaseRevokedError',
  code: 'PGLEASE_LEASE_REVOKED',
  retryable: true,
  database: 'default',
  limit: 30,
  message: 'The lease on "default" was held for longer than maxLeaseMillis, 30 ms.',
}

test('a lease held too long is revoked in the middle of its query, with an error that says so', async () => {
  const pass = holdTimers()
  const broker = lending.broker({ max: 1, maxLeaseMillis: 30 })
  const executor = lending.executor<Tasks>(broker, 'manners/leaks.js')
  const task = executor.run(SLEEP, { name: 'queries' })
  task.catch(() => {})
  await untilRunning(database)
  pass(30)
  await expect(task).rejects.toMatchObject(REVOKED)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ revoked: 1, cancels: 1, opened: 1, idle: 1 })
})

test('a holder that does nothing is told at its next query, and others get the connection meanwhile', async () => {
  const pass = holdTimers()
  const broker = lending.broker({ max: 1, maxLeaseMillis: 30, connectionTimeoutMillis: 0 })
  await broker.withConnection(async (client) => {
    await client.query('BEGIN')
    pass(30)
    const before = broker.stats().default!.opened
    expect(await processId(broker)).toBeTypeOf('number')
    expect(client.isOver).toBe(true)
    for (let use = 0; use < 2; use++) await expect(client.query('SELECT 1')).rejects.toMatchObject(REVOKED)
    expect(broker.stats().default).toMatchObject({ opened: before, rollbacks: 1 })
  })
})

test('a thread that computes meanwhile is told why, though it has not seen its grant', async () => {
  const broker = lending.broker({ max: 1, maxLeaseMillis: 30 })
  const executor = lending.executor<Tasks>(broker, 'manners/leaks.js')
  const cells = new Int32Array(new SharedArrayBuffer(4))
  const task = executor.run(cells, { name: 'queriesAndBlocks' })
  task.catch(() => {})
  await until(() => broker.stats().default!.revoked === 1, 'for the lease to be revoked')
  await untilQuiet(broker)
  Atomics.store(cells, 0, 1)
  Atomics.notify(cells, 0)
  await expect(task).rejects.toMatchObject(REVOKED)
  expect(duplicatedSockets()).toBe(0)
})

test('time that a lease waits does not count', async () => {
  const broker = lending.broker({ max: 1, maxLeaseMillis: 300, connectionTimeoutMillis: 0 })
  const leases = Array.from({ length: 8 }, () =>
    broker.withConnection((client) => client.query('SELECT pg_sleep(0.05)')),
  )
  await Promise.all(leases)
  expect(broker.stats().default).toMatchObject({ revoked: 0, leases: 8 })
})

test('a lease held for long is told of once, with its task, its thread and where it was opened', async () => {
  const broker = lending.broker({ leakDetectionMillis: 20 })
  const warnings = warningsOf(broker)
  const executor = lending.executor<Tasks>(broker, 'manners/leaks.js')
  const stop = new AbortController()
  const task = executor.run(undefined, { name: 'keepsItsLease', signal: stop.signal })
  await until(() => warnings.length > 0, 'for the warning')
  const other = executor.run(undefined, { name: 'keepsItsLease', signal: stop.signal })
  stop.abort()
  await Promise.allSettled([task, other])
  expect(warnings).toEqual([
    {
      code: 'PGLEASE_LEAK',
      message: expect.stringMatching(
        /^task keepsItsLease on thread \d+ has held a lease on "default" for longer than 20 ms\. Release it .*\.\nThe lease was opened\n {4}at /,
      ),
      database: 'default',
      holder: expect.stringMatching(/^task keepsItsLease on thread \d+$/),
      heldMillis: expect.any(Number),
      openedAt: expect.stringMatching(/at deepInside .*leaks\.js:\d+:\d+\)\n\s+at keepsItsLease/),
      count: 1,
    },
  ])
  expect(warnings[0]!.message).toMatch(warnings[0]!.openedAt!.split('\n')[1]!)
})

test.each([
  ['the first query', 'query'],
  ['a connect before it', 'connect'],
  ['a pool', 'pool'],
])('where it was opened is told for %s', async (_, how) => {
  const broker = lending.broker({ leakDetectionMillis: 20 })
  const warnings = warningsOf(broker)
  const worker = lending.worker(broker, 'manners/leaking-thread.js', { workerData: how })
  await until(() => warnings.length > 0, 'for the warning')
  expect(warnings[0]).toMatchObject({
    holder: expect.stringMatching(/^thread \d+$/),
    openedAt: expect.stringMatching(/at opensHere .*leaking-thread\.js/),
  })
  await worker.terminate()
})

test('a lease of the main thread is told of as such', async () => {
  const broker = lending.broker({ leakDetectionMillis: 20 })
  const warnings = warningsOf(broker)
  const held = await hold(broker)
  await until(() => warnings.length > 0, 'for the warning')
  expect(warnings[0]).toMatchObject({
    holder: 'the main thread',
    openedAt: expect.stringMatching(/hold\.ts/),
  })
  await held.release()
})

test('a lease given back in time is not told of', async () => {
  const broker = lending.broker({ max: 1, leakDetectionMillis: 200 })
  const warnings = warningsOf(broker)
  await processId(broker)
  const held = await hold(broker)
  await until(() => warnings.length > 0, 'for the one that is kept')
  await held.release()
  // The other one's would have come before.
  expect(warnings).toHaveLength(1)
})
