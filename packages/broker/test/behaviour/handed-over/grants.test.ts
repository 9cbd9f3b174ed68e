import { once } from 'node:events'
import { type GrantFrame, type LeaseOptions, queryMessage, SessionCell } from '@pglease/client/internal'
import { startPostgres } from '@pglease/postgres'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { LendableSocket } from '../../../src/connection/lendable-socket.js'
import type { ConnectionBroker, DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { type RawLeasePort, RawThread } from '../../support/raw-thread.js'
import { duplicatedSockets, getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const bytes = new Uint8Array(queryMessage('SELECT 1'))

/** The grant of a lease to a thread. */
async function grantOf(
  broker: ConnectionBroker,
  options: LeaseOptions = {},
  cell: SharedArrayBuffer | undefined = new SessionCell().memory,
): Promise<GrantFrame> {
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  const port = await thread.leasePort(cell)
  port.postMessage({ open: 1, request: { database: 'default', ...options }, bytes })
  const [frame] = await once(port, 'message')
  port.postMessage({ back: 'release', session: 'untouched' })
  await untilQuiet(broker)
  return frame
}

describe.skipIf(!getSockets)('the grant of a lease', () => {
  test('brings the socket, which the thread may keep', async () => {
    const broker = lending.broker({ max: 1 })
    const { socket, processId } = await grantOf(broker)
    expect(socket).toEqual({
      descriptor: expect.any(Number),
      reset: undefined,
      keepMillis: 500,
      tls: inject('overTls') ? expect.any(BigInt) : undefined,
    })
    expect(processId).toBeGreaterThan(0)
  })

  test('brings none for a thread that shares no cell', async () => {
    const broker = lending.broker({ max: 1 })
    const { socket, grant } = await grantOf(broker, {}, new SharedArrayBuffer(8))
    expect({ socket, grant }).toEqual({ socket: undefined, grant: 1 })
  })

  test.each<[string, DatabaseOptions, LeaseOptions]>([
    ['with an isolation level', {}, { isolationLevel: 'serializable' }],
    ['that is read-only', {}, { readOnly: true }],
    ['that is deferrable', {}, { deferrable: true }],
    ['whose time is limited', { maxLeaseMillis: 60_000 }, {}],
    ['that is watched for leaks', { leakDetectionMillis: 60_000 }, {}],
    ['whose connection is used so many times', { maxUses: 5 }, {}],
    ['whose connection is validated each time', { validateAfterIdleMillis: 0 }, {}],
    ['whose reset is another', { resetQuery: 'RESET ALL' }, {}],
    ['without a reset', { resetQuery: '' }, {}],
    ['whose session has settings', { onConnect: (client) => client.query("SET work_mem = '1MB'") }, {}],
    ['whose database has transaction options', { readOnly: true }, {}],
  ])('brings a socket to give back for a lease %s', async (_which, database, lease) => {
    const broker = lending.broker({ max: 1, ...database })
    expect(await grantOf(broker, lease)).toMatchObject({ socket: { keepMillis: 0 } })
  })

  test('brings a socket to keep for a lease that asks for what its database has anyway', async () => {
    const broker = lending.broker({ max: 1 })
    expect(await grantOf(broker, { priority: 5, connectionTimeoutMillis: 5000 })).toMatchObject({
      socket: { keepMillis: 500 },
    })
  })

  test('brings no socket while somebody waits, who will be granted one', async () => {
    const broker = lending.broker({ max: 1 })
    const held = await hold(broker)
    const [one, other] = [grantOf(broker), grantOf(broker)]
    await until(() => broker.stats().default!.waiting === 2, 'for both to wait')
    await held.release()
    const grants = await Promise.all([one, other])
    expect(grants.map(({ socket }) => socket?.keepMillis)).toEqual([undefined, 500])
    expect(grants[0]!.isAskable).toBe(true)
  })
})

describe.skipIf(!getSockets)('the descriptor in a grant is closed by the broker when the thread', () => {
  /** A thread that has been granted a socket, and has not claimed its descriptor. */
  async function granted(broker: ConnectionBroker) {
    const thread = new RawThread(broker)
    lending.closeAfterTest(async () => thread.close())
    const port = await thread.leasePort(new SessionCell().memory)
    port.postMessage({ open: 1, request: { database: 'default' }, bytes })
    await once(port, 'message')
    expect(duplicatedSockets()).toBe(1)
    return { thread, port }
  }

  test.each<[string, (thread: RawThread, port: RawLeasePort) => void]>([
    ['ends the lease', (_, port) => port.postMessage('release')],
    ['closes its port', (_, port) => port.close()],
    ['ends', (thread) => thread.close()],
    ['posts what it should not', (_, port) => port.postMessage('nonsense')],
  ])('%s before it has claimed it', async (_what, ends) => {
    const broker = lending.broker({ max: 1 })
    const { thread, port } = await granted(broker)
    ends(thread, port)
    await untilQuiet(broker)
    expect(duplicatedSockets()).toBe(0)
  })

  test('does not hear that the lease is revoked', async () => {
    const broker = lending.broker({ max: 1 })
    await granted(broker)
    await broker.recycle('default', { force: true })
    await untilQuiet(broker)
    expect(duplicatedSockets()).toBe(0)
  })
})

test('with too many open files a lease is relayed', async () => {
  const failing = vi.spyOn(LendableSocket.prototype, 'duplicate').mockReturnValue(undefined)
  try {
    const broker = lending.broker({ max: 1 })
    const { socket, grant } = await grantOf(broker)
    expect({ socket, grant }).toEqual({ socket: undefined, grant: 1 })
    expect(broker.stats().default!.handedOver).toBe(0)
  } finally {
    failing.mockRestore()
  }
})

describe.skipIf(!getSockets)('the socket is handed over', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  /** A lease that a thread holds: what the broker has counted meanwhile, and how many sockets have a duplicate. */
  async function held(connectionString: string, options: DatabaseOptions = {}) {
    const broker = lending.broker({ max: 1, connectionString, ssl: false, ...options })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call('holdsAndBlocks', [PID, "SELECT repeat('x', 1000)"])
    await keeper.leased()
    const { bytesFromServer, bytesToServer, leased } = broker.stats().default!
    const duplicates = duplicatedSockets()
    keeper.goOn()
    await lease
    await broker.close()
    expect(leased).toBe(1)
    expect(bytesFromServer).toBeGreaterThan(1000)
    expect(bytesToServer).toBeGreaterThan(PID.length)
    return duplicates
  }

  test('of a TCP connection', async () => {
    expect(await held(server.connectionString)).toBe(1)
  })

  test('of a connection over a Unix socket', async () => {
    expect(await held(server.socketConnectionString!)).toBe(1)
  })
})

describe.skipIf(!getSockets)('a connection that ends in the middle of a lease', () => {
  test('ends the lease, and the pool goes on', async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call('thenAnother', [PID], ['SELECT pg_terminate_backend(pg_backend_pid())'])
    await keeper.standStill()
    await expect(lease).rejects.toMatchObject({ code: 'PGLEASE_LEASE_LOST' })
    expect((await keeper.call<{ pid: number }>('one', [PID])).pid).toBe(await processId(broker))
    expect(broker.stats().default).toMatchObject({ opened: 2, total: 1 })
  })

  test('ends the lease when the network breaks, and the pool goes on', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call('thenAnother', [PID], [PID, 'SELECT pg_sleep(3600)'])
    const lost = expect(lease).rejects.toMatchObject({
      code: 'PGLEASE_LEASE_LOST',
      message: 'Connection terminated unexpectedly',
    })
    await keeper.standStill()
    const isAsleep = async () => {
      const asleep = "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)' AND datname = $1"
      return (await database.admin.query(asleep, [database.name])).rowCount === 1
    }
    await until(isAsleep, 'for the query to run')
    proxy.cut()
    await lost
    await database.terminateConnections()
    expect((await keeper.call<{ pid: number }>('one', [PID])).pid).toBe(await processId(broker))
    expect(broker.stats().default).toMatchObject({ opened: 2, total: 1, closed: { lost: 1 } })
  })
})
