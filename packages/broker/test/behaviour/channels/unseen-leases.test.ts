import { threadId } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { channels } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { type Heard, hear, hearNothingMore, LEASES } from '../../support/heard.js'
import { processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/leases.js')

const database = await createTestDatabase()
const lending = new Lending(database)
hearNothingMore()

/** One thread, which keeps its connection from one task to the next where that can be. */
const start = lending.renewed(() => {
  const broker = lending.broker({ max: 1 })
  return { broker, executor: lending.executor<Tasks>(broker, 'leases.js') }
})

const NAMES = ['queries', 'queriesTwice', 'queries', 'releasesEarly', 'queriesTwice'] as const

/** What each lease has told, in its order. */
function histories(heard: Heard): Map<unknown, string[]> {
  const found = new Map<unknown, string[]>()
  for (const [name, { lease, task }] of heard) {
    const told = found.get(lease) ?? []
    told.push(`${name.replace('lease', '')} of ${task}`)
    found.set(lease, told)
  }
  return found
}

const whole = (task: string) => [`Requested of ${task}`, `Granted of ${task}`, `Released of ${task}`]

test('each lease of a thread that keeps its connection is told of, with its task', async () => {
  const { broker, executor } = await start()
  const heard = hear(...LEASES)
  for (const name of NAMES) await executor.run(undefined, { name })
  await processId(broker)
  await untilQuiet(broker)
  const [mine, its] = [true, false].map((here) =>
    histories(heard.filter(([, message]) => (message.threadId === threadId) === here)),
  )
  expect([...its!.values()]).toEqual(NAMES.map(whole))
  expect([...mine!.values()]).toEqual([whole('undefined')])
  const processIds = heard.filter(([name]) => name === 'leaseGranted').map(([, message]) => message.processId)
  expect(new Set(processIds).size).toBe(1)
  if (getSockets) expect(heard.some(([, { kept }]) => kept === true)).toBe(true)
})

test('who listens late hears of what comes from then on', async () => {
  const { broker, executor } = await start()
  for (let count = 0; count < 3; count++) await executor.run(undefined, { name: 'queries' })
  // What has been so far is known.
  broker.stats()
  const heard = hear(...LEASES)
  await executor.run(undefined, { name: 'queriesTwice' })
  await processId(broker)
  expect([...histories(heard).values()]).toContainEqual(whole('queriesTwice'))
  expect([...histories(heard).values()]).not.toContainEqual(whole('queries'))
})

test.each(['stats', 'leases'] as const)(
  'who asks for %s when it is told hears of each lease once',
  async (what) => {
    const { broker, executor, counts } = await start()
    const heard = hear(...LEASES)
    const ask = () => void broker[what]()
    for (const name of LEASES) channels[name].subscribe(ask)
    onTestFinished(() => {
      for (const name of LEASES) channels[name].unsubscribe(ask)
    })
    for (const name of NAMES) await executor.run(undefined, { name })
    await processId(broker)
    await untilQuiet(broker)
    const its = histories(heard.filter(([, message]) => message.threadId !== threadId))
    expect([...its.values()]).toEqual(NAMES.map(whole))
    expect(counts()).toMatchObject({ leases: NAMES.length + 1 })
  },
)

test('a task whose name is long, and a task of many others, are told of too', async () => {
  const { broker } = await start()
  const file = lending.executor<Record<string, () => Promise<unknown>>>(broker, 'many-names.js')
  const heard = hear('leaseReleased')
  const names = [...Array.from({ length: 12 }, (_, at) => `task${at}`), 'x'.repeat(100)]
  for (const name of [...names, ...names]) await file.run(undefined, { name })
  await processId(broker)
  await untilQuiet(broker)
  expect(heard.map(([, { task }]) => task)).toEqual([...names, ...names, undefined])
  await file.close()
})

describe.skipIf(!getSockets)('what a thread has leased while this one stood still', () => {
  test('is told of when the broker learns of it, in its order', async () => {
    const { broker } = await start()
    const keeper = new Keeper(lending, broker)
    const heard = hear(...LEASES)
    const leases = keeper.call('inARow', [[PID], [PID], [PID]])
    await keeper.standStill()
    await leases
    await until(
      () => broker.stats().default!.leases >= 3 && heard.length >= 9,
      'for the leases to be told of',
    )
    const mine = heard.filter(([, { threadId }]) => threadId === keeper.worker.threadId)
    expect(mine.map(([name]) => name)).toEqual(
      [1, 2, 3].flatMap(() => ['leaseRequested', 'leaseGranted', 'leaseReleased']),
    )
    expect(mine.filter(([, { kept }]) => kept === true).length).toBe(2)
    expect(mine.filter(([, { waitMillis }]) => waitMillis === 0).length).toBeGreaterThanOrEqual(2)
    await keeper.worker.terminate()
  })
})
