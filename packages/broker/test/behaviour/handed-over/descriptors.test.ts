import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Lending, nextMessage, untilQuiet } from '../../support/lending.js'
import { duplicatedSockets, getSockets, openSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

describe.skipIf(!getSockets)(
  'a thread that is ended while it takes a socket leaves no descriptor behind, and closes nobody’s',
  () => {
    test.each([
      'before it has claimed the descriptor',
      'behind that',
      'when a socket has it',
      'when it has told so',
    ])('%s', async (workerData) => {
      const before = openSockets()
      const broker = lending.broker({ max: 2 })
      await processId(broker)
      expect(duplicatedSockets()).toBe(0)
      const worker = lending.worker(broker, 'stops-while-claiming.js', { workerData })
      expect(await nextMessage(worker)).toBe('there')
      expect(duplicatedSockets()).toBe(1)
      const ended = worker.terminate()
      // They get the numbers that come free meanwhile.
      const others = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'))
      await ended
      const more = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'))
      await until(() => broker.stats().default!.leased === 0, 'for the lease to be over')
      await untilQuiet(broker)
      for (const fd of [...others, ...more]) {
        expect(fstatSync(fd).isCharacterDevice()).toBe(true)
        closeSync(fd)
      }
      expect(await processId(broker)).toBeGreaterThan(0)
      await broker.close()
      await until(() => openSockets() === before, 'for every descriptor to be closed')
    })
  },
)
