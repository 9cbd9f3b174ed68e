import { on, once } from 'node:events'
import { SessionCell } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { RawThread } from '../../support/raw-thread.js'
import { duplicatedSockets, getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'
import { SLEEP } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** A thread with a lease that was granted while another waited, which waits still. */
async function crowded(first = PID, options = {}) {
  const broker = lending.broker({ max: 1, cancelTimeoutMillis: 2000 })
  const held = await hold(broker)
  const keeper = new Keeper(lending, broker)
  const begun = keeper.call('begins', first, options)
  await untilWaiting(broker, 1)
  const other = processId(broker)
  await untilWaiting(broker, 2)
  await held.release()
  const row = await begun
  return { broker, keeper, other, pid: held.processId, row }
}

/** The connection has come back in the state in which it can be lent to whoever waits. */
async function endsWell(broker: ConnectionBroker, other: Promise<number>, pid: number) {
  expect(await other).toBe(pid)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1, leased: 0, waiting: 0 })
  expect(duplicatedSockets()).toBe(0)
}

describe.skipIf(!getSockets)('a lease that is granted while others wait', () => {
  test('goes through the broker for two queries, and has the socket from the third on', async () => {
    const { broker, keeper, other, pid, row } = await crowded()
    const sockets = () => ({
      duplicated: duplicatedSockets(),
      handedOver: broker.stats().default!.handedOver - before,
    })
    const before = broker.stats().default!.handedOver
    expect(row).toEqual({ pid })
    expect(sockets()).toEqual({ duplicated: 0, handedOver: 0 })
    expect(await keeper.call('goesOn', [PID])).toEqual([{ pid }])
    expect(sockets()).toEqual({ duplicated: 0, handedOver: 0 })
    expect(await keeper.call('goesOn', [PID])).toEqual([{ pid }])
    expect(sockets()).toEqual({ duplicated: 1, handedOver: 1 })
    expect(await keeper.call('goesOn', [PID, PID])).toEqual([{ pid }, { pid }])
    await keeper.call('releases')
    await endsWell(broker, other, pid)
  })

  test('has all its bytes counted, whichever way they went', async () => {
    const { broker, keeper, other } = await crowded('SELECT 1')
    const before = broker.stats().default!
    await keeper.call('goesOn', ['SELECT 1', 'SELECT 1', 'SELECT 1'])
    const after = broker.stats().default!
    expect(after.bytesToServer - before.bytesToServer).toBe(3 * (5 + 'SELECT 1'.length + 1))
    expect((after.bytesFromServer - before.bytesFromServer) % 3).toBe(0)
    await keeper.call('releases')
    await other
  })

  test('may be in a transaction then, which goes on, and is rolled back if it is left open', async () => {
    const { broker, keeper, other, pid } = await crowded('BEGIN')
    const warned = once(broker, 'warning')
    const status = {
      text: 'SELECT $1 || (now() = statement_timestamp())::text AS now',
      values: ['is first: '],
    }
    await keeper.call('goesOn', ['CREATE TABLE mine ()'])
    await keeper.call('goesOn', ['SELECT pg_sleep(0.001)'])
    expect(await keeper.call('goesOn', [status])).toEqual([{ now: 'is first: false' }])
    expect(duplicatedSockets()).toBe(1)
    await keeper.call('releases')
    expect((await warned)[0]).toMatchObject({ code: 'PGLEASE_OPEN_TRANSACTION' })
    await endsWell(broker, other, pid)
    expect(broker.stats().default).toMatchObject({ rollbacks: 1 })
  })

  test('may be in a failed transaction then', async () => {
    const { broker, keeper, other, pid } = await crowded('BEGIN')
    expect(await keeper.call('goesOn', ['SELECT 1 / 0', 'SELECT 1', 'SELECT 1'])).toEqual([
      '22012',
      '25P02',
      '25P02',
    ])
    expect(duplicatedSockets()).toBe(1)
    await keeper.call('releases')
    await endsWell(broker, other, pid)
  })

  test('may be in the middle of a cursor then', async () => {
    const { broker, keeper, other, pid } = await crowded()
    expect(await keeper.call('reads', 500, 7)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1))
    expect(duplicatedSockets()).toBe(1)
    await keeper.call('releases')
    await endsWell(broker, other, pid)
  })

  test('may be in the middle of a COPY then', async () => {
    const { broker, keeper, other, pid } = await crowded('CREATE TEMP TABLE mine (n int)')
    expect(await keeper.call('copies', 'mine', 10_000, 20)).toBe(10_000)
    const sum = 'SELECT sum(n)::int FROM mine'
    expect(await keeper.call('goesOn', [sum])).toEqual([{ sum: 50_005_000 }])
    expect(duplicatedSockets()).toBe(1)
    await keeper.call('releases')
    await endsWell(broker, other, pid)
  })

  test('may have sent many queries at once', async () => {
    const { broker, keeper, other, pid } = await crowded(PID, { pipeline: true })
    for (let round = 0; round < 4; round++) {
      const numbers = Array.from({ length: 50 }, (_, n) => ({ text: 'SELECT $1::int AS n', values: [n] }))
      expect(await keeper.call('goesOn', numbers)).toEqual(numbers.map((_, n) => ({ n })))
    }
    expect(duplicatedSockets()).toBe(1)
    await keeper.call('releases')
    await endsWell(broker, other, pid)
  })

  test.each(['first', 'second', 'third', 'fourth'])(
    'may have its %s query behind the grant cancelled',
    async (which) => {
      const { broker, keeper, other, pid } = await crowded()
      const before = Array(['first', 'second', 'third', 'fourth'].indexOf(which)).fill(PID)
      await keeper.call('goesOn', before)
      const { cancels, ...seen } = await keeper.call<{ cancels: number }>('cancelsThen', SLEEP, PID)
      expect(seen).toEqual({ code: '57014', next: { pid } })
      expect(broker.stats().default).toMatchObject({ cancels })
      await keeper.call('releases')
      await endsWell(broker, other, pid)
    },
  )

  test.each([0, 1, 2])('may end in the middle of a query, %d queries behind its first', async (count) => {
    const { broker, keeper, other, pid } = await crowded()
    await keeper.call('goesOn', Array(count).fill(PID))
    await keeper.call('leavesWith', SLEEP)
    await endsWell(broker, other, pid)
  })

  test.each([0, 1, 2])('may end with its thread, %d queries behind its first', async (count) => {
    const { broker, keeper, other } = await crowded()
    await keeper.call('goesOn', Array(count).fill(PID))
    keeper.call('diesIn', SLEEP)
    expect(await other).toBeTypeOf('number')
    await untilQuiet(broker)
    const isStopped = async () => (await database.serverConnections()) === 1
    await until(isStopped, 'for the server to have stopped the query')
  })

  test('may be taken back before and after', async () => {
    for (const count of [1, 4]) {
      const { broker, keeper, other } = await crowded()
      await keeper.call('goesOn', Array(count).fill(PID))
      const query = keeper.call('goesOn', [SLEEP])
      await broker.recycle('default', { force: true })
      expect(await query).toEqual(['PGLEASE_LEASE_REVOKED'])
      expect(await other).toBeTypeOf('number')
      await keeper.call('releases')
      await untilQuiet(broker)
    }
  })
})

describe('a thread that asks for the socket', () => {
  const request = { database: 'default' }
  const query = Uint8Array.from([0x51, 0, 0, 0, 13, ...Buffer.from('SELECT 1'), 0])

  test.each<[string, unknown[]]>([
    ['with no bytes', [{ ask: 'SELECT 1' }]],
    ['with what is no message', [{ ask: Uint8Array.of(1, 2, 3, 4, 5) }]],
    ['before it has a lease', [{ ask: query }, { open: 1, request, bytes: query }]],
    ['again and again', Array(5).fill({ ask: query })],
    ['before it is granted', [{ open: 1, request, bytes: query }, { ask: query }, { ask: query }]],
  ])('%s harms nobody', async (_how, frames) => {
    const broker = lending.broker({ max: 1, cancelTimeoutMillis: 200 })
    const thread = new RawThread(broker)
    lending.closeAfterTest(async () => thread.close())
    const port = await thread.leasePort()
    if (!('open' in Object(frames[0]))) port.postMessage({ open: 1, request, bytes: query })
    for (const frame of frames) port.postMessage(frame)
    port.postMessage('release')
    expect(await processId(broker)).toBeGreaterThan(0)
    port.close()
    await untilQuiet(broker)
  })

  test.each([
    ['can have none', undefined],
    ['has it', new SessionCell().memory],
  ])('harms nobody where it %s', async (_what, cell) => {
    const broker = lending.broker({ max: 1, cancelTimeoutMillis: 200 })
    const thread = new RawThread(broker)
    lending.closeAfterTest(async () => thread.close())
    const port = await thread.leasePort(cell)
    const frames = on(port, 'message')
    port.postMessage({ open: 1, request, bytes: query })
    await frames.next()
    for (let count = 0; count < 3; count++) port.postMessage({ ask: query })
    if (cell === undefined)
      expect((await frames.next()).value[0]).toMatchObject({ grant: 1, isAskable: false })
    port.close()
    expect(await processId(broker)).toBeGreaterThan(0)
    await untilQuiet(broker)
  })
})
