import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { randomFrom } from '../support/random.js'
import { until } from '../support/until.js'

const MAX = 3
const SAMPLE_MS = 5

const database = await createTestDatabase()
const lending = new Lending(database)

/** The server itself refuses this role a connection beyond the limit. */
const role = `${database.name}_limited`
beforeAll(() => database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'limited' CONNECTION LIMIT ${MAX}`))
afterAll(() => database.admin.query(`DROP ROLE ${role}`))

function limitedBroker(): ConnectionBroker {
  const url = Object.assign(new URL(database.connectionString), { username: role, password: 'limited' })
  return lending.broker({ connectionString: url.href, max: MAX })
}

/** Has the server count the connections for as long as something goes on. */
async function peakDuring(what: Promise<unknown>): Promise<number> {
  let [peak, goesOn] = [0, true]
  const end = () => {
    goesOn = false
  }
  what.then(end, end)
  while (goesOn) {
    peak = Math.max(peak, await database.serverConnections())
    await sleep(SAMPLE_MS)
  }
  return peak
}

test('more threads than connections never open more than the server allows, and all are served', async () => {
  const broker = limitedBroker()
  const executor = lending.executor<typeof import('../tasks/load.js')>(broker, 'load.js', {
    maxThreads: 2 * MAX,
    concurrentTasksPerWorker: 2,
  })
  const numbers = Array.from({ length: 300 }, (_, number) => number)
  const tasks = Promise.all(
    numbers.map((number) => executor.run(number, { name: number % 10 === 0 ? 'computes' : 'works' })),
  )
  expect(await peakDuring(tasks)).toBe(MAX)
  const results = await tasks
  expect(results).toEqual(numbers)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: MAX, connectFailures: 0, leases: 270, idle: MAX })
})

test('a connection that is closed under its query leaves no process behind on the server', async () => {
  const broker = limitedBroker()
  for (let round = 0; round < 3 * MAX; round++) {
    await broker.withConnection(async (client) => {
      await client.query('SELECT 1')
      client.query('SELECT pg_sleep(3600)').catch(() => {})
      // In a later turn, so that the query has been posted.
      await new Promise(setImmediate)
      client.release({ destroy: true })
    })
  }
  await until(() => broker.stats().default!.total === 0, 'for the connections to be closed')
  expect(broker.stats().default).toMatchObject({ connectFailures: 0, closed: { destroyed: 3 * MAX } })
  const isAlone = async () => (await database.serverConnections()) === 0
  await until(isAlone, 'for the server to have stopped the queries')
})

/** What `chaos.js` tells of. */
const STEPS = [
  'waiting',
  'querying',
  'in a transaction',
  'deep in a transaction',
  'in a failed transaction',
  'in a COPY in',
  'in a COPY out',
  'in a large result',
  'in a query',
  'between',
]
const SEED = 20_260_101
/** Each step ends so many threads. */
const TIMES = 2
const THREADS = 3

/** Starts a thread of several leases and ends it when it comes to the step for the first time or a later one. */
function endAt(step: string, broker: ConnectionBroker, number: number): Promise<void> {
  const random = randomFrom(SEED + number)
  const workerData = { id: `thread ${number}`, loops: MAX, firstStep: Math.floor(random() * 7) }
  const worker = lending.worker(broker, 'chaos.js', { workerData })
  let stepsLeft = Math.floor(random() ** 2 * 4)
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', ({ what, wrong }) => {
      if (wrong !== undefined) reject(new Error(wrong))
      if (what === step && stepsLeft-- === 0) worker.terminate().then(() => resolve(), reject)
    })
  })
}

async function endManyThreads(broker: ConnectionBroker): Promise<void> {
  let started = 0
  const lane = async () => {
    while (started < TIMES * STEPS.length) await endAt(STEPS[started % STEPS.length]!, broker, started++)
  }
  await Promise.all(Array.from({ length: THREADS }, lane))
}

test('threads that are ended at any moment, with three leases each, leave a whole pool and never too many connections', async () => {
  const broker = limitedBroker()
  const ending = endManyThreads(broker)
  expect(await peakDuring(ending)).toBeLessThanOrEqual(MAX)
  await ending
  await untilQuiet(broker)
  const { opened, closed, idle, connectFailures } = broker.stats().default!
  expect(connectFailures).toBe(0)
  expect(opened - Object.values(closed).reduce((sum, count) => sum + count)).toBe(idle)
  expect(await database.serverConnections()).toBe(idle)
}, 600_000)
