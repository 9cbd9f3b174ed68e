import { expect, test, vi } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, processId, untilWaiting } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { clockGoesOn } from '../support/stopped-clock.js'
import { warningsOf } from '../support/warnings.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

/** A pool of one connection, which is leased, and a clock that a test sets. */
async function start() {
  // The broker's clock goes on by `goesBy` alone.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const warnings = warningsOf(broker)
  const held = await hold(broker)
  const goesBy = (seconds: number) => void vi.advanceTimersByTime(seconds * 1000)
  return { broker, warnings, held, goesBy }
}

test('a pool in whose line somebody has always waited for ten seconds is told of, with who has the connections', async () => {
  const { broker, warnings, held, goesBy } = await start()
  const waiting = [processId(broker), processId(broker)]
  await untilWaiting(broker, 2)
  goesBy(9)
  expect(warnings).toEqual([])
  goesBy(2)
  expect(warnings).toEqual([
    {
      code: 'PGLEASE_POOL_FULL',
      message: expect.stringMatching(
        /^Somebody has always waited for a lease on "default" for 10 s, 2 now: its 1 connection is leased, by the main thread for \d+ ms\. .*raise `max`/,
      ),
      database: 'default',
      sinceMillis: expect.any(Number),
      waiting: 2,
      holders: [expect.stringMatching(/^the main thread for \d+ ms$/)],
      count: 1,
    },
  ])
  await held.release()
  await Promise.all(waiting)
})

test('it is told of anew when it has lasted ten times as long, not each ten seconds', async () => {
  const { broker, warnings, held, goesBy } = await start()
  const waiting = processId(broker)
  await untilWaiting(broker, 1)
  for (let time = 0; time < 12; time++) goesBy(11)
  expect(warnings.map((warning) => (warning as { count: number }).count)).toEqual([1, 10])
  await held.release()
  await waiting
})

test('a line that was empty between is not told of', async () => {
  const { broker, warnings, held, goesBy } = await start()
  const first = processId(broker)
  await untilWaiting(broker, 1)
  goesBy(8)
  await held.release()
  await first
  const again = await hold(broker)
  const second = processId(broker)
  await untilWaiting(broker, 1)
  goesBy(8)
  expect(warnings).toEqual([])
  await again.release()
  await second
})

test('nor is that of a database that is paused', async () => {
  const { broker, warnings, held, goesBy } = await start()
  const paused = broker.pause()
  await held.release()
  const waiting = processId(broker)
  await untilWaiting(broker, 1)
  goesBy(20)
  expect(warnings).toEqual([])
  broker.resume()
  await waiting
  await paused
})
