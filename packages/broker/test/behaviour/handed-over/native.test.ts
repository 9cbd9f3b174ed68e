import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'
import type { DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** What a process of its own has loaded that has leased from each of these databases. */
async function loadedBy(
  databases: Record<string, DatabaseOptions>,
  handOver?: boolean,
): Promise<{ main: number; threads: number; reasons: Record<string, string> }> {
  const { connectionString } = database
  const options = Object.entries(databases).map(([name, each]) => [name, { connectionString, ...each }])
  const program = fileURLToPath(new URL('../../programs/native-loads.js', import.meta.url))
  const values = [
    '--require',
    preload,
    program,
    JSON.stringify({ databases: Object.fromEntries(options), handOver }),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, values)
  return JSON.parse(stdout)
}

const preload = fileURLToPath(new URL('../../support/count-native.cjs', import.meta.url))

/** Whoever ends a thread that loads native code ends the process. */
test.skipIf(!getSockets)(
  'a thread loads native code for TLS only, once, and before its first task',
  async () => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<typeof import('../../tasks/thread.js')>(broker, 'thread.js', {
      maxThreads: 1,
      execArgv: ['--require', preload],
    })
    const loads: number[] = []
    for (let count = 0; count < 3; count++) loads.push(await executor.run(null, { name: 'nativeLoads' }))
    expect(new Set(loads)).toEqual(new Set([inject('overTls') ? 1 : 0]))
    expect(broker.stats().default!.handedOver).toBeGreaterThan(0)
  },
)

describe('no native code is loaded', () => {
  const ssl = { ca: inject('certificate').cert }

  test('where the broker hands nothing over, and each database says so', async () => {
    const { main, threads, reasons } = await loadedBy({ default: {}, secure: { ssl } }, false)
    expect({ main, threads }).toEqual({ main: 0, threads: 0 })
    expect(reasons).toEqual({ default: 'off', secure: 'off' })
  })

  test('where no database does', async () => {
    const off = { handOver: false }
    const { main, threads, reasons } = await loadedBy({ default: off, secure: { ssl, ...off } })
    expect({ main, threads }).toEqual({ main: 0, threads: 0 })
    expect(reasons).toEqual({ default: 'off', secure: 'off' })
  })
})

test.skipIf(!getSockets)(
  'each database tells why its leases are relayed, and has a choice of its own',
  async () => {
    const ssl = { ca: inject('certificate').cert }
    const { main, reasons } = await loadedBy(
      {
        default: {},
        plain: { handOver: true },
        secure: { handOver: true, ssl },
        ofNode: { handOver: true, ssl: { ...ssl, minDHSize: 1024 } },
      },
      false,
    )
    expect(main).toBe(1)
    expect(reasons).toEqual({
      default: 'off',
      plain: 'handed over',
      secure: 'handed over',
      ofNode: 'tls options',
    })
  },
)
