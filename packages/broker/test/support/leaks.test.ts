import { MessageChannel, Worker } from 'node:worker_threads'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from './database.js'
import { expectNothingOpen, openHere } from './leaks.js'

const database = await createTestDatabase()

/** Opens something, and returns how to close it. */
type Open = () => Promise<() => unknown>

const openChannel: Open = async () => {
  const { port1 } = new MessageChannel()
  return () => port1.close()
}

const openUnrefdChannel: Open = async () => {
  const { port1 } = new MessageChannel()
  port1.on('message', () => {})
  port1.unref()
  return () => port1.close()
}

const openWorker: Open = async () => {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
  worker.unref()
  return () => worker.terminate()
}

const openChannelToWorker: Open = async () => {
  const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', {
    eval: true,
  })
  const { port1, port2 } = new MessageChannel()
  worker.postMessage(port2, [port2])
  return async () => {
    port1.close()
    await worker.terminate()
  }
}

const openConnection: Open = async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  return () => client.end()
}

describe('the check for leaks', () => {
  test.each([
    ['a port that nobody uses', openChannel, /MESSAGEPORT.*leaks\.test\.ts/s],
    ['a port that was unref’d', openUnrefdChannel, /MESSAGEPORT.*leaks\.test\.ts/s],
    ['a worker thread', openWorker, /WORKER.*leaks\.test\.ts/s],
    ['a port whose other end is in a worker thread', openChannelToWorker, /MESSAGEPORT.*leaks\.test\.ts/s],
    ['a connection', openConnection, /connections to the database/],
  ])('fails for %s, and passes once that is closed', async (_, open, complaint) => {
    const before = openHere()
    const close = await open()
    await expect(expectNothingOpen(database, before, 50)).rejects.toThrow(complaint)
    await close()
    await expectNothingOpen(database, before)
  })

  test('does not mind what was open before', async () => {
    const close = await openChannel()
    await expectNothingOpen(database, openHere())
    close()
  })
})
