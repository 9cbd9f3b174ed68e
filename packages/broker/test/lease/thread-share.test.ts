import { once } from 'node:events'
import { MOST_CHANNELS } from '@pglease/client/internal'
import { expect, test } from 'vitest'
import type { BrokerWarning } from '../../src/index.js'
import { MOST_CONTROL_PORTS, ThreadShare } from '../../src/lease/thread-share.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'

const database = await createTestDatabase()
const lending = new Lending(database)

function start() {
  const broker = lending.broker({ max: 1 })
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  const share = new ThreadShare()
  const attach = () => {
    const thread = new RawThread(broker, {}, share)
    lending.closeAfterTest(async () => thread.close())
    return thread
  }
  return { warnings, share, attach }
}

test('a thread that asks for control ports without end gets no more of them, which is told once', async () => {
  const { warnings, share, attach } = start()
  const threads = Array.from({ length: MOST_CONTROL_PORTS }, attach)
  await Promise.all([attach(), attach(), attach()].map(({ closed }) => closed))
  expect(warnings).toMatchObject([{ code: 'PGLEASE_PROTOCOL_VIOLATION', holder: 'thread 99' }])
  expect(await threads.at(-1)!.call('hello')).toMatchObject({ type: 'RAW' })
  for (const thread of threads) thread.close()
  await expect.poll(() => share.controlPorts, { timeout: 10_000 }).toBe(0)
  expect(await attach().call('hello')).toMatchObject({ type: 'RAW' })
})

test('a thread that opens lease ports without end is cut off, which is told once', async () => {
  const { warnings, share, attach } = start()
  const thread = attach()
  const leases = await thread.leases()
  const closed = once(leases, 'close')
  for (let channel = 1; channel <= MOST_CHANNELS + 10; channel++)
    leases.postMessage({ channel, cell: undefined })
  await Promise.all([closed, thread.closed])
  expect(warnings).toMatchObject([{ code: 'PGLEASE_PROTOCOL_VIOLATION', holder: 'thread 99' }])
  await expect.poll(() => share, { timeout: 10_000 }).toMatchObject({ controlPorts: 0, leasePorts: 0 })
})

test('a thread that closes its control port has its lease ports no more', async () => {
  const { attach } = start()
  const thread = attach()
  const port = await thread.leasePort()
  const closed = once(port, 'close')
  thread.control.close()
  await closed
})
