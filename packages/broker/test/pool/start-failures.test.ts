import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { message } from '../../../client/test/protocol/wire.js'
import type { DatabaseOptions } from '../../src/connection/database-options.js'
import { openSession } from '../../src/connection/open-session.js'
import { readDatabase } from '../../src/connection/read-database.js'
import { mayPass } from '../../src/pool/connect-failure.js'
import { createTestDatabase } from '../support/database.js'
import { FakeServer, GREETING } from '../support/fake-server.js'
import { processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { randomFrom } from '../support/random.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
const { cert: ca, key } = inject('certificate')
const { hostname, port, username, password } = new URL(database.connectionString)

/** The address in parts. */
const parts: DatabaseOptions = {
  connectionString: undefined as never,
  ...{ host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) },
  database: database.name,
}

const url = (change: (url: URL) => void): DatabaseOptions => {
  const changed = new URL(database.connectionString)
  change(changed)
  return { connectionString: changed.href }
}

const refusal = (...fields: string[]) => message('E', `${fields.join('\0')}\0\0`)
const authentication = (kind: number, more: string | Buffer = '') =>
  message('R', Buffer.concat([Buffer.from([0, 0, 0, kind]), Buffer.from(more)]))

const SEED = 20_260_103
const ROUNDS = 200

/** Only `tls.connect` follows it. */
const NODE_ONLY = { minDHSize: 1024 }

const thrower = (thrown: unknown) => () => {
  throw thrown
}

describe('a start that waiting cannot mend is refused at once:', () => {
  test.each<[string, DatabaseOptions, object]>([
    ['a setting that there is not', { options: '-c nonsense=1' }, { code: '42704' }],
    ['a setting of a wrong value', { options: '-c statement_timeout=soon' }, { code: '22023' }],
    ['an option that there is not', { options: '--what' }, { code: '42601' }],
    ['options that are none', { options: 'what' }, { code: '42601' }],
    ['a wrong password', { ...parts, password: 'wrong' }, { code: '28P01' }],
    ['no password', { ...parts, password: '' }, { message: expect.stringMatching('SASL') }],
    ['a role that there is not', { ...parts, user: 'nobody_of_that_name' }, { code: '28P01' }],
    ['a database that there is not', { ...parts, database: 'nothing_of_that_name' }, { code: '3D000' }],
    ['a password function that throws', { ...parts, password: thrower(new Error('no')) }, { message: 'no' }],
    [
      'one that gives no text',
      { ...parts, password: () => 7 as never },
      { message: 'Password must be a string' },
    ],
    ...[null, undefined, 0, ''].map((nothing): [string, DatabaseOptions, object] => [
      `one that throws ${JSON.stringify(nothing)}`,
      { ...parts, password: () => Promise.reject(nothing) },
      { message: expect.stringMatching('is no error') },
    ]),
    ['one that gives nothing', { ...parts, password: (() => undefined) as never }, {}],
    [
      'a port that is no number',
      { connectionString: 'postgres://a:b@127.0.0.1:port/c' },
      { message: 'Invalid URL' },
    ],
    [
      'a port out of range',
      { connectionString: 'postgres://a:b@127.0.0.1:70000/c' },
      { message: 'Invalid URL' },
    ],
    [
      'a port in words',
      url(({ searchParams }) => searchParams.set('port', 'five')),
      { code: 'ERR_SOCKET_BAD_PORT' },
    ],
    [
      'a file of certificates that is not there',
      url(({ searchParams }) => searchParams.set('sslrootcert', '/no')),
      {
        code: 'ENOENT',
      },
    ],
    [
      'a key that is no PEM',
      { ssl: { ca, cert: ca, key: 'no PEM' } },
      { code: expect.stringMatching('ERR_OSSL') },
    ],
    [
      'a certificate that is no PEM',
      { ssl: { ca, cert: 'no PEM', key } },
      { code: expect.stringMatching('ERR_OSSL') },
    ],
    ['a key of a wrong type', { ssl: { ca, key: 42 as never } }, { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a store that is none', { ssl: { pfx: 'no store' } }, {}],
    [
      'a version of TLS that there is not',
      { ssl: { ca, minVersion: 'TLSv9' as never } },
      {
        code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
      },
    ],
    ['ciphers that there are not', { ssl: { ca, ciphers: 'nonsense' } }, { code: 'ERR_SSL_NO_CIPHER_MATCH' }],
    ['a certificate that nobody vouches for', { ssl: true }, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }],
    [
      'a certificate of another host',
      { ssl: { ca, servername: 'elsewhere.example' } },
      {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      },
    ],
    [
      'a check of the identity that throws',
      { ssl: { ca, checkServerIdentity: thrower(new Error('no')) } },
      {
        message: 'no',
      },
    ],
    [
      'one that Node calls',
      { ssl: { ca, ...NODE_ONLY, checkServerIdentity: thrower(new Error('no')) } },
      {
        message: 'no',
      },
    ],
    [
      'direct TLS without TLS',
      { sslnegotiation: 'direct', ssl: false },
      { message: expect.stringMatching('SSL') },
    ],
    ['a hook with a wrong statement', { onConnect: (client) => client.query('SELEC 1') }, { code: '42601' }],
    ['a hook that throws', { onConnect: thrower(new TypeError('no')) }, { message: 'no' }],
    ['a hook that throws a text', { onConnect: thrower('no') }, { cause: 'no' }],
    [
      'a hook that throws nothing',
      { onConnect: thrower(undefined) },
      { message: expect.stringMatching('undefined') },
    ],
    ['a hook that throws null', { onConnect: thrower(null) }, { message: expect.stringMatching('null') }],
    [
      'a hook whose listener throws',
      {
        async onConnect(client) {
          client.on('notice', thrower(new Error('no')))
          await client.query("DO $$ BEGIN RAISE NOTICE 'look'; END $$")
        },
      },
      { message: 'no' },
    ],
  ])('%s', async (_what, options, cause) => {
    const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0, ssl: undefined as never, ...options })
    const error = await processId(broker).catch((error) => error)
    expect(error).toMatchObject({ code: 'PGLEASE_CONNECT', retryable: false, database: 'default' })
    expect(error.cause).toMatchObject(cause)
    expect(broker.stats().default).toMatchObject({ opened: 0, connectFailures: 1 })
    await expect(broker.ready()).resolves.toBeUndefined()
  })

  test.each<[string, Buffer, object]>([
    [
      'that asks in a way that pg does not know',
      authentication(7),
      { message: expect.stringMatching('type 7') },
    ],
    [
      'that knows other mechanisms',
      authentication(10, 'SCRAM-512\0\0'),
      { message: expect.stringMatching('SASL') },
    ],
    ['that names no mechanism', authentication(10, 'SCRAM-SHA-256'), { code: 'PGLEASE_PROTOCOL' }],
    ['that asks for less than a kind', message('R', Buffer.of(0, 0)), { code: 'PGLEASE_PROTOCOL' }],
    ['that goes on before it has begun', authentication(11, 'nonsense'), {}],
    ['that is done before it has begun', authentication(12, 'v=nonsense'), {}],
    ['that refuses without an end', message('E', 'SFATAL\0Mno'), { code: 'PGLEASE_PROTOCOL' }],
    ['that refuses without a word', message('E'), { code: 'PGLEASE_PROTOCOL' }],
    [
      'that gives half a key',
      Buffer.concat([authentication(0), message('K', 'half')]),
      { code: 'PGLEASE_PROTOCOL' },
    ],
    [
      'that says a row',
      Buffer.concat([authentication(0), message('D', Buffer.of(0, 1, 0, 0, 0, 9))]),
      {
        code: 'PGLEASE_PROTOCOL',
      },
    ],
    ['that sends a message without a length', Buffer.of(0x52, 0, 0, 0, 0), { code: 'PGLEASE_PROTOCOL' }],
    ['that sends one of two gigabytes', Buffer.of(0x52, 127, 255, 255, 255), { code: 'PGLEASE_PROTOCOL' }],
    ['of another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), { code: 'PGLEASE_PROTOCOL' }],
    [
      'that does not take a parameter',
      refusal('SFATAL', 'C42704', 'Munrecognized parameter'),
      { code: '42704' },
    ],
    [
      'that is a pooler and does not take one',
      refusal('SFATAL', 'C08P01', 'Munsupported startup parameter: statement_timeout'),
      {
        code: '08P01',
      },
    ],
  ])('a server %s', async (_what, greeting, cause) => {
    const server = await FakeServer.start({ greeting })
    lending.closeAfterTest(() => server.close())
    for (const ssl of [false, { ca }, { ca, ...NODE_ONLY }]) {
      const { connectionString } = server
      const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0, connectionString, ssl })
      const error = await processId(broker).catch((error) => error)
      expect(error).toMatchObject({ code: 'PGLEASE_CONNECT', retryable: false })
      expect(error.cause).toMatchObject(cause)
      await broker.close()
    }
  })

  test('whatever a server says, a start has an end', async () => {
    const random = randomFrom(SEED)
    const any = (count: number) => Math.floor(random() * count)
    const server = await FakeServer.start()
    lending.closeAfterTest(() => server.close())
    const { connectionString } = server
    for (let round = 0; round < ROUNDS; round++) {
      const asked = authentication(
        [0, 3, 5, 10, 11, 12, any(256)][any(7)]!,
        random() < 0.5 ? 'SCRAM-SHA-256\0\0' : '',
      )
      const greeting = Buffer.concat([...(random() < 0.5 ? [asked] : []), GREETING])
      for (let count = any(4); count > 0; count--)
        greeting[any(greeting.length)] = [0, 1, 255, any(256)][any(4)]!
      server.answers = { greeting: greeting.subarray(0, any(greeting.length + 1)), endsBehindGreeting: true }
      const ssl = [false, { ca }, { ca, ...NODE_ONLY }][any(3)]!
      const options = readDatabase('default', { connectionString, ssl, connectionTimeoutMillis: 0 })
      const start = openSession(options, new AbortController().signal)
      await start.then(
        ({ client }) => client.connection.stream.destroy(),
        (error) => expect(error, `round ${round} of seed ${SEED}`).toBeInstanceOf(Error),
      )
    }
  })

  test.each([3, 5])('a server that asks for a password in manner %d, and there is none', async (kind) => {
    const server = await FakeServer.start({ greeting: authentication(kind, kind === 5 ? 'salt' : '') })
    lending.closeAfterTest(() => server.close())
    const connectionString = server.connectionString.replace(':secret', '')
    const broker = lending.broker({ connectionTimeoutMillis: 0, connectionString, ssl: false })
    await expect(processId(broker)).rejects.toMatchObject({
      code: 'PGLEASE_CONNECT',
      cause: { code: '28P01' },
    })
  })
})

/** The error of one attempt. */
async function failure(options: DatabaseOptions): Promise<Error> {
  const { connectionString } = database
  const settings = readDatabase('default', { connectionString, ...options })
  return openSession(settings, new AbortController().signal).then(
    () => {
      throw new Error('A session was opened')
    },
    (error) => error,
  )
}

describe('a start that waiting may mend is tried again:', () => {
  test.each<[string, DatabaseOptions, object]>([
    ['nobody listens', { ...parts, port: 1 }, { code: 'ECONNREFUSED' }],
    ['a Unix socket is not there', { ...parts, host: join(tmpdir(), 'nowhere') }, { code: 'ENOENT' }],
    [
      'a hook is late',
      { connectionTimeoutMillis: 300, onConnect: () => new Promise(() => {}) },
      {
        message: 'The connection was not ready within 300 ms',
      },
    ],
    [
      'a hook’s transaction fails for another',
      {
        onConnect: (client) => client.query("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"),
      },
      { code: '40001' },
    ],
    [
      'a hook cannot reach what it needs',
      {
        onConnect: thrower(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })),
      },
      { message: 'fetch failed' },
    ],
    [
      'a password’s source cannot be reached',
      {
        ...parts,
        password: thrower(Object.assign(new Error('no'), { code: 'EAI_AGAIN' })),
      },
      { code: 'EAI_AGAIN' },
    ],
    [
      'the server ends the session in a hook',
      {
        onConnect: (client) => client.query('SELECT pg_terminate_backend(pg_backend_pid())'),
      },
      { code: '57P01' },
    ],
  ])('%s', async (_what, options, error) => {
    const thrown = await failure(options)
    expect(thrown).toMatchObject(error)
    expect(mayPass(thrown)).toBe(true)
  })

  test('the role has no connection left', async () => {
    const role = `limited_${database.name}`
    await database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 0`)
    try {
      const thrown = await failure({ ...parts, user: role, password: 'secret' })
      expect(thrown).toMatchObject({ code: '53300' })
      expect(mayPass(thrown)).toBe(true)
    } finally {
      await database.admin.query(`DROP ROLE ${role}`)
    }
  })

  test.each<[string, Buffer]>([
    ['starts', refusal('SFATAL', 'C57P03', 'Mthe database system is starting up')],
    ['shuts down', refusal('SFATAL', 'C57P03', 'Mthe database system is shutting down')],
    ['has too many clients', refusal('SFATAL', 'C53300', 'Msorry, too many clients already')],
    [
      'is a pooler whose server is away',
      refusal('SFATAL', 'C08P01', 'Mserver login has been failing, try again later'),
    ],
    [
      'is a pooler that is full',
      refusal('SFATAL', 'C08P01', 'Mno more connections allowed (max_client_conn)'),
    ],
    ['has no process left', Buffer.from('Ecould not fork new process for connection: no memory\n\0')],
  ])('the server %s, and tells so whether it speaks TLS or not', async (_what, greeting) => {
    const server = await FakeServer.start({ greeting })
    lending.closeAfterTest(() => server.close())
    const { connectionString } = server
    for (const ssl of [false, { ca }, { ca, ...NODE_ONLY }])
      expect(mayPass(await failure({ connectionString, ssl }))).toBe(true)
    server.answers = { toSslRequest: Buffer.from('Ecould not fork new process: no memory\n\0') }
    for (const ssl of [{ ca }, { ca, ...NODE_ONLY }]) {
      const thrown = await failure({ connectionString, ssl })
      expect(thrown.message).toMatch('no memory')
      expect(mayPass(thrown)).toBe(true)
    }
  })

  test('and the lease that gave up waiting tells why it waited', async () => {
    const server = await FakeServer.start({
      greeting: refusal('SFATAL', 'C57P03', 'Mthe database system is starting up'),
    })
    lending.closeAfterTest(() => server.close())
    const { connectionString } = server
    const broker = lending.broker({ connectionString, ssl: false, max: 1 })
    const early = processId(broker, { connectionTimeoutMillis: 0 })
    await expect(processId(broker, { connectionTimeoutMillis: 300 })).rejects.toMatchObject({
      code: 'PGLEASE_LEASE_TIMEOUT',
      retryable: true,
      cause: { code: '57P03' },
    })
    server.answers = { greeting: GREETING }
    await expect(early).rejects.toThrow()
  })
})

describe('of what is thrown', () => {
  const error = (fields: object) => Object.assign(new Error('what happened'), fields)

  test.each<[string, unknown]>([
    ['a host that there is not', error({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['a file that is not there', error({ code: 'ENOENT', syscall: 'open' })],
    ['a socket that is another’s', error({ code: 'EACCES', syscall: 'connect' })],
    ['a certificate that has expired', error({ code: 'CERT_HAS_EXPIRED' })],
    ['a wrong version of TLS', error({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })],
    ['a table that there is not', error({ code: '42P01' })],
    ['a database that is gone', error({ code: '57P04' })],
    ['a right that is missing', error({ code: '42501' })],
    ['a circle of causes', Object.assign(error({}), { cause: error({}) })],
    ['nothing', undefined],
  ])('%s does not pass', (_what, thrown) => {
    expect(mayPass(thrown)).toBe(false)
  })

  test.each<[string, unknown]>([
    ...[
      'ECONNRESET',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EMFILE',
      'EAGAIN',
      'EAI_AGAIN',
      'EPIPE',
      'ETIMEDOUT',
    ].map((code): [string, unknown] => [code, error({ code })]),
    ...[
      '53300',
      '53200',
      '53100',
      '57P01',
      '57P02',
      '57P03',
      '08006',
      '08001',
      '58030',
      '40P01',
      '55P03',
    ].map((code): [string, unknown] => [code, error({ code })]),
    [
      'one of several addresses',
      new AggregateError([error({ code: 'EACCES' }), error({ code: 'ECONNREFUSED' })]),
    ],
    ['a time that is over', new DOMException('late', 'TimeoutError')],
  ])('%s passes', (_what, thrown) => {
    expect(mayPass(thrown)).toBe(true)
  })
})

test.each([1, 3, 5, 12])(
  'a connection is not lent whose server is %i bytes into another message when its start is over',
  async (count) => {
    const lastWord = refusal('SFATAL', 'C57P01', 'Mterminating')
    const server = await FakeServer.start({
      greeting: Buffer.concat([GREETING, lastWord.subarray(0, count)]),
    })
    lending.closeAfterTest(() => server.close())
    const broker = lending.broker({ connectionString: server.connectionString, max: 1 })
    const answer = broker.withConnection((client) => client.query('anything'))
    await until(() => broker.stats().default!.connectFailures > 0, 'for the first attempt to fail')
    server.answers = {}
    await answer
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 1 })
  },
)
