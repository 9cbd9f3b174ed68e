import { describe, expect, test } from 'vitest'
import type { BrokerWarning, ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

function told(broker: ConnectionBroker): BrokerWarning[] {
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  return warnings
}

describe('a database that is out of reach for long', () => {
  test('is told of once for each cause, and once when it is back', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ max: 1, unreachableMillis: 20, connectionString: proxy.connectionString })
    const warnings = told(broker)
    const events: unknown[] = []
    broker.on('unreachable', ({ code }) => events.push(code))
    broker.on('reachable', ({ code }) => events.push(code))
    proxy.refuse()
    const served = processId(broker)
    await until(() => warnings.length > 0, 'for the warning')
    const { connectFailures } = broker.stats().default!
    await until(() => broker.stats().default!.connectFailures > connectFailures, 'for one more attempt')
    await proxy.accept()
    await served
    expect(warnings).toEqual([
      {
        code: 'PGLEASE_UNREACHABLE',
        message: expect.stringMatching(
          /^No connection to "default" could be opened for \d+\.\d s: \d+ attempts? failed, the last with "connect ECONNREFUSED [^"]*"\. See whether/,
        ),
        database: 'default',
        failures: expect.any(Number),
        awayMillis: expect.any(Number),
        cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
      },
      {
        code: 'PGLEASE_REACHABLE',
        message: expect.stringMatching(
          /^A connection to "default" could be opened again, after \d+\.\d s and \d+ attempts in vain\.$/,
        ),
        database: 'default',
        failures: broker.stats().default!.connectFailures,
        awayMillis: expect.any(Number),
        cause: undefined,
      },
    ])
    expect(events).toEqual(['PGLEASE_UNREACHABLE', 'PGLEASE_REACHABLE'])
    proxy.refuse()
    await broker.recycle()
    const again = processId(broker)
    await until(() => warnings.length > 2, 'for the warning of the next outage')
    await proxy.accept()
    await again
    expect(warnings).toHaveLength(4)
  })

  test('is told of anew where the cause becomes another, with what to do', async () => {
    const role = `role_of_${database.name}`
    await database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`)
    const proxy = await lending.proxy()
    const url = Object.assign(new URL(proxy.connectionString), { username: role, password: 'right' })
    const broker = lending.broker({ min: 1, max: 1, unreachableMillis: 1, connectionString: url.href })
    const warnings = told(broker)
    await broker.ready()
    await database.admin.query(`ALTER ROLE ${role} PASSWORD 'other'`)
    proxy.refuse()
    proxy.cut()
    await until(() => warnings.length > 0, 'for the network')
    await proxy.accept()
    await until(() => warnings.length > 1, 'for the password')
    await database.admin.query(`ALTER ROLE ${role} PASSWORD 'right'`)
    await until(() => warnings.length > 2, 'for the end')
    expect(warnings.map(({ code }) => code)).toEqual([
      'PGLEASE_UNREACHABLE',
      'PGLEASE_UNREACHABLE',
      'PGLEASE_REACHABLE',
    ])
    expect(warnings[1]!.message).toMatch(/password authentication failed .*Waiting will not mend that/)
    await broker.close()
    await database.admin.query(`DROP ROLE ${role}`)
  })

  test('is not told of before, nor where that is not wanted', async () => {
    const proxy = await lending.proxy()
    const { connectionString } = proxy
    const broker = lending.broker(
      { connectionString, unreachableMillis: 1_000_000 },
      { quiet: { connectionString, unreachableMillis: 0 } },
    )
    const warnings = told(broker)
    proxy.refuse()
    const leases = ['default', 'quiet'].map((each) => processId(broker, { database: each }))
    const failed = () => Object.values(broker.stats()).every(({ connectFailures }) => connectFailures > 2)
    await until(failed, 'for some attempts')
    await proxy.accept()
    await Promise.all(leases)
    expect(warnings).toEqual([])
  })

  test('harms nobody by a listener that throws', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ unreachableMillis: 1, connectionString: proxy.connectionString })
    const thrown: unknown[] = []
    const catches = (error: unknown) => thrown.push(error)
    const before = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[]
    process.removeAllListeners('uncaughtException').on('uncaughtException', catches)
    broker.on('unreachable', () => {
      throw new Error('of the listener')
    })
    proxy.refuse()
    const served = processId(broker)
    await until(() => thrown.length > 0, 'for the listener')
    await proxy.accept()
    expect(await served).toBeTypeOf('number')
    process.off('uncaughtException', catches)
    for (const each of before) process.on('uncaughtException', each)
  })
})
