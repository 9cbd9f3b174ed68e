import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { TlsSession } from '@pglease/client/internal'
import { startPostgres } from '@pglease/postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { startTls } from '../../src/connection/tls-client.js'
import type { TlsOptions } from '../../src/connection/tls-options.js'
import { TlsSocket } from '../../src/connection/tls-socket.js'
import type { ConnectionBroker, DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { processId } from '../support/hold.js'
import { Keeper } from '../support/keeper.js'
import { Lending } from '../support/lending.js'
import { duplicatedSockets, getSockets } from '../support/sockets.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
const { cert: ca, key } = inject('certificate')

/** What the server says of the session that asks. */
const OF_SESSION = `SELECT ssl, version, client_dn AS client, pg_backend_pid() AS pid
  FROM pg_stat_ssl WHERE pid = pg_backend_pid()`

interface OfSession {
  ssl: boolean
  version: string
  client: string | null
  pid: number
}

/** Of a worker's session, and whether the worker has its socket. */
async function sessionOf(broker: ConnectionBroker): Promise<OfSession & { isHandedOver: boolean }> {
  const keeper = new Keeper(lending, broker)
  const lease = keeper.call<OfSession>('holdsAndBlocks', [OF_SESSION])
  await keeper.leased()
  const isHandedOver = duplicatedSockets() > 0
  keeper.goOn()
  return { ...(await lease), isHandedOver }
}

const overTls = (ssl: DatabaseOptions['ssl'], options: DatabaseOptions = {}) =>
  lending.broker({ max: 1, ssl, ...options })

describe.skipIf(!getSockets)('a worker has the socket and the TLS session', () => {
  test.each<[string, DatabaseOptions]>([
    ['of a server whose certificate is known', { ssl: { ca } }],
    ['of one that need not show who it is', { ssl: { rejectUnauthorized: false } }],
    ['of TLS 1.2', { ssl: { ca, maxVersion: 'TLSv1.2' } }],
    ['of TLS from the first byte', { ssl: { ca }, sslnegotiation: 'direct' }],
    ['bound to the login', { ssl: { ca }, enableChannelBinding: true }],
  ])('%s', async (_which, options) => {
    const session = await sessionOf(lending.broker({ max: 1, ...options }))
    const version = options.ssl && (options.ssl as { maxVersion?: string }).maxVersion ? 'TLSv1.2' : 'TLSv1.3'
    expect(session).toMatchObject({ ssl: true, version, isHandedOver: true })
  })

  test('that the options of a connection string ask for', async () => {
    const url = new URL(database.connectionString)
    url.searchParams.set('sslmode', 'no-verify')
    const broker = lending.broker({ max: 1, ssl: undefined as never, connectionString: url.href })
    expect(await sessionOf(broker)).toMatchObject({ ssl: true, isHandedOver: true })
  })

  test('that a check of the server’s identity has let in, which is given what Node gives it', async () => {
    const told: unknown[][] = []
    const checkServerIdentity = (...values: unknown[]) => void told.push(values)
    const ssl = { ca, checkServerIdentity }
    expect(await sessionOf(overTls(ssl))).toMatchObject({ ssl: true, isHandedOver: true })
    const client = new pg.Client({ connectionString: database.connectionString, ssl })
    await client.connect()
    await client.end()
    const [ours, nodes] = told
    expect(ours).toEqual(nodes)
    expect(ours).toMatchObject([
      '127.0.0.1',
      { subject: { CN: 'localhost' }, issuerCertificate: { ca: true } },
    ])
    expect(told).toHaveLength(2)
  })

  test('for each of its leases, and the main thread between them', async () => {
    const broker = overTls({ ca })
    const first = await sessionOf(broker)
    const own = await processId(broker)
    const second = await sessionOf(broker)
    expect([own, second.pid]).toEqual([first.pid, first.pid])
    expect(broker.stats().default).toMatchObject({ opened: 1, total: 1 })
  })
})

describe('Node’s own TLS is used, and the lease relayed', () => {
  test.each<[string, TlsOptions]>([
    ['for options that go to Node alone', { ca, minDHSize: 2048 }],
    ['for a secure context that may be used elsewhere', { secureContext: createSecureContext({ ca }) }],
  ])('%s', async (_which, ssl) => {
    expect(await sessionOf(overTls(ssl))).toMatchObject({ ssl: true, isHandedOver: false })
  })
})

/** Why a connection is refused, for good. */
async function refusal(ssl: TlsOptions, options: DatabaseOptions = {}) {
  const broker = overTls(ssl as never, { connectionTimeoutMillis: 0, ...options })
  const error = await processId(broker).catch((error) => error)
  expect(error).toMatchObject({ code: 'PGLEASE_CONNECT', retryable: false })
  expect(broker.stats().default).toMatchObject({ opened: 0, refused: 1 })
  return error.cause
}

describe('a server is refused, as by Node', () => {
  test('when nobody vouches for it', async () => {
    expect(await refusal(true)).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  test('when a check of its identity fails', async () => {
    const checkServerIdentity = () => new Error('Not the one that is meant')
    const broker = overTls({ ca, checkServerIdentity }, { connectionTimeoutMillis: 500 })
    expect((await processId(broker).catch((error) => error)).cause.message).toBe('Not the one that is meant')
  })

  test('when it has another name', async () => {
    expect(await refusal({ ca, servername: 'elsewhere.example' })).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test.each([
    ['when it does not speak TLS', 'N', 'does not support SSL'],
    ['when somebody has put words in clear behind its answer', 'SR', 'error establishing an SSL connection'],
  ])('%s', async (_which, answer, message) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', () => socket.write(answer))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const broker = overTls({ ca }, { connectionString: `postgres://a:b@127.0.0.1:${port}/c` })
    const error = await processId(broker, { connectionTimeoutMillis: 500 }).catch((error) => error)
    expect(error.cause.message).toMatch(message)
    await broker.close()
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
})

describe('a server that asks for the client’s certificate', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>

  beforeAll(async () => {
    server = await startPostgres({ ssl: true })
    const ssl = { ca: server.certificate!.cert, ...server.certificate! }
    const [row] = await query('SHOW ssl_cert_file')
    await query(`ALTER SYSTEM SET ssl_ca_file = ${pg.escapeLiteral(row.ssl_cert_file)}`)
    await query('SELECT pg_reload_conf()')
    // It reads them again some time after it was told to.
    await until(async () => (await query(OF_SESSION, ssl))[0].client !== null, 'for the server to ask')
  })
  afterAll(() => server.stop())

  async function query(text: string, ssl: TlsOptions | false = false) {
    const client = new pg.Client({ connectionString: server.connectionString, ssl })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows
  }

  test('is shown it', async () => {
    const { cert, key } = server.certificate!
    const broker = overTls({ ca: cert, cert, key }, { connectionString: server.connectionString })
    const isShown = { client: '/CN=localhost', isHandedOver: getSockets }
    expect(await sessionOf(broker)).toMatchObject(isShown)
    // `pg.Client` hides the key from those who list the options.
    await broker.recycle()
    expect(await sessionOf(broker)).toMatchObject(isShown)
    await broker.close()
  })

  test('may refuse it', async () => {
    const { connectionString, certificate } = server
    const error = await refusal({ ca: certificate!.cert, cert: ca, key }, { connectionString })
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
  })
})

describe.skipIf(!getSockets)('the TLS session of a socket', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  async function connected() {
    const { hostname, port } = new URL(database.connectionString)
    const session = startTls({ ca }, true)!
    const free = vi.spyOn(session, 'free')
    const socket = new TlsSocket(session, { ca }, true)
    socket.host = hostname
    socket.connect(Number(port), hostname)
    // A start-up message of no protocol that there is: the server says so.
    socket.write(Buffer.from([0, 0, 0, 8, 0, 1, 0, 0]))
    await once(socket, 'data')
    return { socket, free }
  }

  test('is freed when the socket has closed', async () => {
    const { socket, free } = await connected()
    expect(free).not.toHaveBeenCalled()
    socket.destroy()
    await once(socket, 'close')
    expect(free).toHaveBeenCalledOnce()
  })

  test('and not while a worker may use it, but when it has given it back', async () => {
    const { socket, free } = await connected()
    socket.lend()
    socket.destroy()
    await once(socket, 'close')
    expect(free).not.toHaveBeenCalled()
    socket.takeBack()
    socket.takeBack()
    expect(free).toHaveBeenCalledOnce()
  })

  test('is freed when a thread has ended that had it', async () => {
    const free = vi.spyOn(TlsSession.prototype, 'free')
    const broker = overTls({ ca })
    const keeper = new Keeper(lending, broker)
    keeper.call('holdsAndBlocks', [OF_SESSION])
    await keeper.leased()
    expect(free).not.toHaveBeenCalled()
    await keeper.worker.terminate()
    await broker.close()
    expect(free).toHaveBeenCalledOnce()
  })

  test('is freed after a lease that was taken back when the thread has heard of it, and not before', async () => {
    const free = vi.spyOn(TlsSession.prototype, 'free')
    const broker = overTls({ ca }, { maxLeaseMillis: 1000 })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call('holdsAndBlocks', [OF_SESSION])
    await keeper.leased()
    await until(() => broker.stats().default!.total === 0, 'for the connection to be closed')
    expect(broker.stats().default).toMatchObject({ revoked: 1 })
    expect(free).not.toHaveBeenCalled()
    keeper.goOn()
    // Whichever of the two it sees first.
    expect(await lease).toMatchObject({ code: 'PGLEASE_LEASE_REVOKED' })
    await until(() => free.mock.calls.length > 0, 'for the session to be freed')
    await broker.close()
    expect(free).toHaveBeenCalledOnce()
  })

  test('is not touched here while a worker has it', async () => {
    const { socket } = await connected()
    socket.lend()
    const failed = once(socket, 'error')
    socket.write('anything')
    expect(String(await failed)).toMatch('The TLS session is lent')
    socket.takeBack()
  })
})
