import { expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'
import { until } from '../../support/until.js'
import { warningsOf } from '../../support/warnings.js'

type Tasks = typeof import('../../tasks/bulk.js')

const MIB = 1024 * 1024
/** Of a thousand bytes each. */
const ROWS = 140_000

const database = await createTestDatabase()
const lending = new Lending(database)

/** A figure that has not changed for so many looks in a row stands still. */
const LOOKS = 20

async function untilStill(figure: () => number): Promise<number> {
  let [last, looks] = [-1, 0]
  const isStill = () => {
    looks = figure() === last ? looks + 1 : 0
    last = figure()
    return looks === LOOKS
  }
  await until(isStill, () => `for a figure to stand still: ${last}`)
  return last
}

/** How much memory outside of this thread's heap and of the process something takes at the most while it goes on. */
function growthDuring(what: Promise<unknown>): Promise<{ buffers: number; rss: number }> {
  const before = process.memoryUsage()
  let [buffers, rss] = [0, 0]
  const timer = setInterval(() => {
    const now = process.memoryUsage()
    // The memory of buffers is part of it.
    buffers = Math.max(buffers, now.external - before.external)
    rss = Math.max(rss, now.rss - before.rss)
  }, 5)
  const growth = what.finally(() => clearInterval(timer)).then(() => ({ buffers, rss }))
  // A test that has failed asks for it no more.
  growth.catch(() => {})
  return growth
}

/** Garbage that was not collected yet is in these figures, of the worker too. */
function expectBounded({ buffers, rss }: { buffers: number; rss: number }): void {
  expect(buffers).toBeLessThan((ROWS * 1000 * 3) / 4)
  expect(rss).toBeLessThan(ROWS * 1000)
}

const statistics = (broker: ConnectionBroker) => broker.stats().default!

test.each(['computes', 'pauses'])(
  'a reader that %s in the middle of a large result holds it back at the server',
  async (how) => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Tasks>(broker, 'bulk.js')
    const gate = new Int32Array(new SharedArrayBuffer(8))
    const reading = executor.run({ rows: ROWS, how, gate }, { name: 'reads' })
    const growth = growthDuring(reading)
    await until(() => Atomics.load(gate, 0) === 1, 'for the first row')
    const waits = async () =>
      (
        await database.admin.query(
          `SELECT wait_event AS waits FROM pg_stat_activity WHERE datname = '${database.name}'`,
        )
      ).rows
    await until(async () => (await waits())[0]?.waits === 'ClientWrite', 'for the server to be held back')
    // One window, and what the broker had read when it was full.
    expect(await untilStill(() => statistics(broker).bytesFromServer)).toBeLessThan(2 * MIB)
    expect(await waits()).toEqual([{ waits: 'ClientWrite' }])
    Atomics.store(gate, 1, 1)
    Atomics.notify(gate, 1)
    expect(await reading).toBe(ROWS * 1000)
    expectBounded(await growth)
  },
)

test('a writer is held back by a server that does not read', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
  const executor = lending.executor<Tasks>(broker, 'bulk.js')
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const copying = executor.run({ rows: ROWS, gate }, { name: 'copies' })
  const growth = growthDuring(copying)
  await until(() => Atomics.load(gate, 0) === 1, 'for the COPY to begin')
  proxy.hold('toServer')
  // One window, and what the sockets of the two sides and the kernel take.
  expect(await untilStill(() => statistics(broker).bytesToServer)).toBeLessThan(20 * MIB)
  proxy.pass()
  expect(await copying).toEqual({ count: ROWS, sum: ROWS * 999 })
  expectBounded(await growth)
})

test('a writer that is held back is told when its lease is revoked', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({
    max: 1,
    connectionString: proxy.connectionString,
    cancelTimeoutMillis: 100,
  })
  const executor = lending.executor<Tasks>(broker, 'bulk.js')
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const copying = executor.run({ rows: ROWS, gate }, { name: 'copies' })
  await until(() => Atomics.load(gate, 0) === 1, 'for the COPY to begin')
  proxy.hold('toServer')
  await untilStill(() => statistics(broker).bytesToServer)
  await broker.recycle('default', { force: true })
  await expect(copying).rejects.toMatchObject({ code: 'PGLEASE_LEASE_REVOKED' })
})

test('one message may be larger than a window, in both directions', async () => {
  const executor = lending.executor<Tasks>(lending.broker(), 'bulk.js')
  expect(await executor.run(10 * MIB, { name: 'echoes' })).toBe(true)
})

test('two copies at once in one thread do not mix, and what one read has left of a message waits for the next', async () => {
  const broker = lending.broker({ max: 1 }, { replica: { max: 1 } })
  const executor = lending.executor<Tasks>(broker, 'bulk.js')
  const rows = 100_000
  const digests = [0, 1].map((seed) => executor.run({ rows, seed }, { name: 'digest' }))
  expect(await executor.run({ rows }, { name: 'copiesBoth' })).toEqual(await Promise.all(digests))
})

test('who releases in the midst of the last bytes of a large result breaks no rule', async () => {
  const broker = lending.broker({ max: 1 })
  const warnings = warningsOf(broker)
  const executor = lending.executor<Tasks>(broker, 'bulk.js')
  // One of these ends where as much is read as is acknowledged at a time.
  const sizes = Array.from({ length: 40 }, (_, at) => 200_000 + at * 4000)
  expect(await executor.run(sizes, { name: 'releasesInCallback' })).toEqual(sizes)
  expect(warnings).toEqual([])
})
