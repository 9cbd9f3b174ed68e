import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { BrokerLink } from '@pglease/client/internal'
import { expect, test } from 'vitest'
import { ThreadShare } from '../../src/lease/thread-share.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

const lending = new Lending(await createTestDatabase())

test('a thread whose first word comes when its broker has closed is told so', async () => {
  const broker = lending.broker()
  const { port1, port2 } = new MessageChannel()
  broker.serve({ '@pglease/attach': port2, threadId: 99 }, {}, new ThreadShare())
  await broker.close()
  // By then the broker's end is closed.
  await untilClosed(port2)
  const link = new BrokerLink(() => port1)
  await expect(link.ready()).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
})

function untilClosed(port: MessagePort): Promise<void> {
  return new Promise((resolve) => port.once('close', () => resolve()))
}
