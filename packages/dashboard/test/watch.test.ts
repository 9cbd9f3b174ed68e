import { afterEach, expect, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { until } from '../../broker/test/support/until.js'
import { readOptions } from '../src/options.js'
import { ServerLook } from '../src/server-look.js'
import { Watch } from '../src/watch.js'
import { atEnd, closeAtEnd } from './support/at-end.js'
import { hold, startBroker, startExecutor } from './support/broker.js'

const database = await createTestDatabase()
failOnLeaks(database)
closeAtEnd()
afterEach(() => vi.restoreAllMocks())

/** What `performance.now` tells once it is mocked: whole, so that sums are exact. */
let now = 0

/** Lets so many milliseconds go by at once, as far as `performance.now` knows. */
function pass(millis: number): void {
  now = (now || Math.ceil(performance.now())) + millis
  vi.spyOn(performance, 'now').mockImplementation(() => now)
}

test('the figures of a scripted history are exact', async () => {
  const broker = startBroker(database, { max: 2 })
  const executor = startExecutor(broker)
  const look = new ServerLook(broker, 'default', readOptions({ serverMillis: 0 }))
  pass(0)
  const watch = new Watch({ broker, executors: [executor], looks: new Map([['default', look]]) })
  atEnd(() => watch.stop())
  const before = broker.stats().default
  expect(watch.take([])).toMatchObject({
    state: 'open',
    leases: [],
    moreLeases: 0,
    databases: [
      { leases: 0, leasesPerSecond: 0, wait: { count: 0 }, hold: { count: 0 }, server: { state: 'off' } },
    ],
    tasks: { queued: 0, running: [], startedPerSecond: 0, endedPerSecond: 0, failed: 0, aborted: 0 },
  })

  // Four leases of the main thread, of which the third holds for 300 ms more and the last is held still; two wait, one in vain.
  for (let lease = 0; lease < 2; lease++) await broker.withConnection((client) => client.query('SELECT 1'))
  const long = await hold(broker)
  pass(300)
  await long.release()
  const held = [await hold(broker), await hold(broker)]
  await broker
    .withConnection((client) => client.query('SELECT 1'), { connectionTimeoutMillis: 1 })
    .catch(() => {})
  const waiting = broker.withConnection((client) => client.query('SELECT 1'))
  await until(() => broker.stats().default.waiting === 1, 'for one to wait')
  await executor.run(undefined, { name: 'fails' }).catch(() => {})
  const counted = broker.stats().default
  pass(1700)
  const during = watch.take([])
  const [figures] = during.databases
  expect(figures).toMatchObject({
    ...{ max: 2, min: 0, leased: 2, idle: 0, kept: 0, settling: 0, connecting: 0, waiting: 1, paused: false },
    ...{ leases: 5, timeouts: 1, refused: 0, revoked: 0, connectFailures: 0, lost: 0 },
    leasesPerSecond: 2.5,
    bytesToServerPerSecond: (counted.bytesToServer - before.bytesToServer) / 2,
    bytesFromServerPerSecond: (counted.bytesFromServer - before.bytesFromServer) / 2,
    wait: { count: 5 },
    hold: { count: 3, max: expect.closeTo(300, 0) },
  })
  expect(during.leases!.map(({ state, threadId }) => [state, threadId])).toEqual([
    ['held', 0],
    ['held', 0],
    ['waiting', 0],
  ])
  expect(during.tasks).toMatchObject({ startedPerSecond: 0.5, endedPerSecond: 0.5, failed: 1, aborted: 0 })

  // The broker sees by its timers that all is over.
  vi.restoreAllMocks()
  for (const each of held) await each.release()
  await waiting
  await until(() => broker.stats().default.idle === 2, 'for the end')
  pass(1000)
  const after = watch.take([])
  expect(after.databases).toMatchObject([
    { leases: 6, leasesPerSecond: 1, leased: 0, waiting: 0, wait: { count: 1 }, hold: { count: 3 } },
  ])
  expect(after.tasks).toMatchObject({ startedPerSecond: 0, endedPerSecond: 0, failed: 1 })
})
