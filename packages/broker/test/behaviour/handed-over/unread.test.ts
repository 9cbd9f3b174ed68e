import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test.skipIf(!getSockets)(
  'a query that the server has not read when its thread ends is cancelled when it has',
  async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const { pid } = await keeper.call<{ pid: number }>('one', [PID])
    keeper.call('thenHalfOfAnother', [PID], 'SELECT pg_sleep(3600)')
    await keeper.leased()
    process.kill(pid, 'SIGSTOP')
    try {
      await keeper.standStill()
      await keeper.worker.terminate()
      await until(() => broker.stats().default!.cancels === 1, 'for the first cancel')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    expect(await processId(broker)).not.toBe(pid)
    expect(await database.serverConnections()).toBe(1)
  },
)
