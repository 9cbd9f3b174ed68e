import { describe, expect, test } from 'vitest'
import { readHosts } from '../../src/connection/hosts.js'
import { unconnected } from '../../src/connection/open-session.js'
import { readDatabase } from '../../src/connection/read-database.js'
import type { DatabaseOptions } from '../../src/index.js'

/** Where pg goes to for each host. */
function targets(options: DatabaseOptions): string[] {
  const database = readDatabase('default', options)
  return database.hosts.map((host) => {
    const client = unconnected({ ...database, hosts: [host] })
    return `${client.user}@${client.host}:${client.port}/${client.database}`
  })
}

describe('the hosts are', () => {
  test.each<[string, DatabaseOptions, string[]]>([
    ['one, as of pg', { host: 'a', port: 1 }, ['u@a:1/d']],
    ['one, in lists', { host: ['a'], port: [1] }, ['u@a:1/d']],
    ['several, with a port for each', { host: ['a', 'b'], port: [1, 2] }, ['u@a:1/d', 'u@b:2/d']],
    ['several, with one port', { host: ['a', 'b'], port: 3 }, ['u@a:3/d', 'u@b:3/d']],
    ['several, with the usual port', { host: ['a', '/tmp'] }, ['u@a:5432/d', 'u@/tmp:5432/d']],
    ['several in one string', { host: 'a,b', port: 4 }, ['u@a:4/d', 'u@b:4/d']],
    ['one that has several ports, so no host', { host: ['a', 'a'], port: [1, 2] }, ['u@a:1/d', 'u@a:2/d']],
  ])('%s', (_, options, expected) => {
    expect(targets({ user: 'u', database: 'd', ...options })).toEqual(expected)
  })

  test.each<[string, string, string[]]>([
    ['one', 'postgres://u:p@a:1/d', ['u@a:1/d']],
    ['several', 'postgres://u:p@a:1,b:2/d', ['u@a:1/d', 'u@b:2/d']],
    ['with parameters', 'postgresql://u@a,b:2/d?application_name=x', ['u@a:5432/d', 'u@b:2/d']],
    ['addresses of IPv6', 'postgres://u@[::1]:1,[fe80::2]/d', ['u@::1:1/d', 'u@fe80::2:5432/d']],
    ['folders of Unix sockets', 'postgres://u@%2Ftmp:1,%2Fvar%2Frun:2/d', ['u@/tmp:1/d', 'u@/var/run:2/d']],
    ['parameters', 'postgres://u:p@/d?host=a,/tmp&port=1,2', ['u@a:1/d', 'u@/tmp:2/d']],
    ['one port for all', 'postgres://u:p@a,b/d?port=7', ['u@a:7/d', 'u@b:7/d']],
    ['no database', 'postgres://u:p%40%2F@a,b', ['u@a:5432/u', 'u@b:5432/u']],
  ])('those of a connection string: %s', (_, connectionString, expected) => {
    expect(targets({ connectionString })).toEqual(expected)
  })

  test('those of the environment where nothing is given', () => {
    const environment = { PGHOST: 'a,b', PGPORT: '1,2', PGTARGETSESSIONATTRS: 'standby' }
    const labels = (options: DatabaseOptions) => {
      const { hosts, targetSessionAttributes } = readHosts('x', options, 'x', environment)
      return [...hosts.map(({ label }) => label), targetSessionAttributes]
    }
    expect(labels({})).toEqual(['a:1', 'b:2', 'standby'])
    expect(labels({ host: 'c', port: 3 })).toEqual([undefined, 'standby'])
    expect(labels({ connectionString: 'postgres:///d' })).toEqual(['a:1', 'b:2', 'standby'])
    expect(labels({ connectionString: 'postgres://c,d:5/d', targetSessionAttributes: 'primary' })).toEqual([
      'c:5432',
      'd:5',
      'primary',
    ])
  })
})

test('a password with whatever characters is kept, and stands in no label', () => {
  const { hosts } = readDatabase('default', { connectionString: 'postgres://u:p%40,s%3A1@a:1,b:2/d' })
  expect(hosts.map(({ label }) => label)).toEqual(['a:1', 'b:2'])
  const database = readDatabase('default', { connectionString: 'postgres://u:p%40,s%3A1@a:1,b:2/d' })
  expect(unconnected(database).password).toBe('p@,s:1')
})

test('what a connection string says of the session comes first, as with pg', () => {
  const read = (options: DatabaseOptions) => readDatabase('default', options).targetSessionAttributes
  const connectionString = 'postgres://a/d?target_session_attrs=read-only'
  expect(read({})).toBe('any')
  expect(read({ targetSessionAttributes: 'prefer-standby' })).toBe('prefer-standby')
  expect(read({ connectionString, targetSessionAttributes: 'primary' })).toBe('read-only')
})

test.each<[string, object, RegExp, string]>([
  ['other ports than hosts', { host: ['a', 'b', 'c'], port: [1, 2] }, /has 2 ports for 3 hosts/, 'port'],
  ['no host', { host: [] }, /must be/, 'host'],
  ['a host that is none', { host: ['a', 5] }, /must be/, 'host'],
  ['a port that is none', { host: 'a', port: [70_000] }, /must be/, 'port'],
  [
    'such a port in a connection string',
    { connectionString: 'postgres://u:secret@a:1,b:x/d' },
    /has a port/,
    'connectionString',
  ],
  [
    'other ports in a connection string',
    { connectionString: 'postgres://u:secret@a,b,c/d?port=1,2' },
    /has 2 ports for 3 hosts/,
    'connectionString',
  ],
  [
    'an attribute that is none',
    { targetSessionAttributes: 'master' },
    /must be one of/,
    'targetSessionAttributes',
  ],
  [
    'such an attribute in a connection string',
    { connectionString: 'postgres://u:secret@a/d?target_session_attrs=master' },
    /must be one of any, read-write/,
    'connectionString',
  ],
])('%s are refused at once, and nothing secret is told', (_, options, message, option) => {
  const read = () => readDatabase('default', options as DatabaseOptions)
  expect(read).toThrow(message)
  expect(read).toThrow(
    expect.objectContaining({ code: 'PGLEASE_CONFIGURATION', option: `databases.default.${option}` }),
  )
  expect(read).not.toThrow(/secret/)
})
