import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { readDatabase } from '../../src/connection/read-database.js'
import { serverAddress } from '../../src/connection/server-address.js'
import type { DatabaseOptions } from '../../src/index.js'

afterEach(() => vi.unstubAllEnvs())

const addressOf = (options: DatabaseOptions) => serverAddress(readDatabase('default', options))

test.each<[string, DatabaseOptions, object]>([
  [
    'a connection string',
    { connectionString: 'postgres://me:secret@db.example:6432/app' },
    { host: 'db.example', port: 6432, user: 'me', database: 'app' },
  ],
  [
    'a connection string beside other options, which it goes before',
    { connectionString: 'postgres://me@db.example/app', host: 'other', port: 1234, database: 'other' },
    { host: 'db.example', port: 5432, user: 'me', database: 'app' },
  ],
  [
    'no database, which is named as the user',
    { host: 'h', port: 1, user: 'me' },
    { host: 'h', port: 1, user: 'me', database: 'me' },
  ],
  [
    'the folder of a Unix socket',
    { host: '/var/run/postgresql', user: 'me', database: 'app' },
    { host: '/var/run/postgresql', port: 5432, user: 'me', database: 'app' },
  ],
  [
    'such a folder in a connection string',
    { connectionString: 'postgres://me:secret@%2Fvar%2Frun%2Fpostgresql/app' },
    { host: '/var/run/postgresql', port: 5432, user: 'me', database: 'app' },
  ],
  [
    'an IPv6 address',
    { host: '::1', port: 6432, user: 'me', database: 'app' },
    { host: '::1', port: 6432, user: 'me', database: 'app' },
  ],
  [
    'a password that is asked for at each connect, and is not asked for now',
    { host: 'h', user: 'me', database: 'app', password: () => expect.unreachable() },
    { host: 'h', port: 5432, user: 'me', database: 'app' },
  ],
  [
    'TLS',
    { host: 'h', user: 'me', database: 'app', ssl: { rejectUnauthorized: false } },
    { host: 'h', port: 5432, user: 'me', database: 'app' },
  ],
])('the address of a server is known by %s', (_what, options, address) => {
  for (const name of ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE']) vi.stubEnv(name, undefined)
  expect(addressOf(options)).toEqual(address)
})

test('what options do not say the environment says', () => {
  vi.stubEnv('PGHOST', 'of-environment')
  vi.stubEnv('PGPORT', '7777')
  vi.stubEnv('PGUSER', 'them')
  vi.stubEnv('PGDATABASE', 'theirs')
  vi.stubEnv('PGPASSWORD', 'secret')
  expect(addressOf({})).toEqual({ host: 'of-environment', port: 7777, user: 'them', database: 'theirs' })
  expect(addressOf({ user: 'me' })).toMatchObject({ user: 'me', database: 'theirs' })
})

test('an IPv6 address in a connection string is told as pg tells it', () => {
  const connectionString = 'postgres://me:secret@[::1]:6432/app'
  expect(addressOf({ connectionString })).toMatchObject({
    host: new pg.Client(connectionString).host,
    port: 6432,
  })
})

test.each<[string, DatabaseOptions]>([
  ['is no address', { connectionString: 'postgres://me:secret@localhost:port/app' }],
  ['asks for what pg does not know', { host: 'h', sslnegotiation: 'direct', ssl: false }],
])('there is none where what options say %s', (_what, options) => {
  expect(addressOf(options)).toBeUndefined()
})
