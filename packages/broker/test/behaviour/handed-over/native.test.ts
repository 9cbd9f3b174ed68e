import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'

const database = await createTestDatabase()
const lending = new Lending(database)

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
