import { describe, expect, inject, test } from 'vitest'
import type { BrokerWarning } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 1, ...options })
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  return { broker, warnings, executor: lending.executor<Tasks>(broker, 'manners/basics.js') }
}

const counts = (warnings: BrokerWarning[], code: string) =>
  warnings.filter((warning) => warning.code === code).map((warning) => (warning as { count: number }).count)

describe('leases that are relayed where they could be handed over', () => {
  test('are told of once, then when there are ten, with what to do', async () => {
    const { broker, warnings, executor } = start()
    for (let time = 0; time < 12; time++) await executor.run('SELECT 1', { name: 'runs' })
    await untilQuiet(broker)
    const told = warnings.filter(({ code }) => code === 'PGLEASE_RELAYED')
    if (!inject('relayed')) return expect(getSockets ? told : []).toEqual([])
    expect(told).toMatchObject([
      {
        database: 'default',
        relayReason: 'koffi',
        count: 1,
        message: expect.stringMatching(/koffi-linux-x64 .* is not installed/),
      },
      { count: 10, message: expect.stringContaining('(10 times so far)') },
    ])
  })

  test('are not told of where that was chosen', async () => {
    const { broker, warnings, executor } = start({ handOver: false })
    await executor.run('SELECT 1', { name: 'runs' })
    await untilQuiet(broker)
    expect(warnings).toEqual([])
  })

  test('are not told of on the main thread', async () => {
    const { broker, warnings } = start()
    await processId(broker)
    await untilQuiet(broker)
    expect(warnings).toEqual([])
  })
})

test('a fault that comes often is told of when it has come once and ten times, with how often', async () => {
  const { broker, warnings, executor } = start()
  for (let time = 0; time < 12; time++) await executor.run('BEGIN', { name: 'runs' })
  await until(() => broker.stats().default!.rollbacks === 12, 'for the transactions to be rolled back')
  await untilQuiet(broker)
  expect(counts(warnings, 'PGLEASE_OPEN_TRANSACTION')).toEqual([1, 10])
  const last = warnings.findLast(({ code }) => code === 'PGLEASE_OPEN_TRANSACTION')!
  expect(last.message).toContain('(10 times so far)')
})
