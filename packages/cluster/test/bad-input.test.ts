import { UsageError } from '@pglease/commands'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { readArguments } from '../src/arguments.js'
import { createSchemas } from '../src/supervisor/schemas.js'
import { runCluster } from './support/cluster-command.js'

const database = await createTestDatabase()

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

const ON_OURS = ['--database-url', database.connectionString]

test.each<[string, string[], RegExp]>([
  ['no process', ['--processes', '0'], /^--processes takes a whole number from 1 to 64, not "0"\.$/],
  ['a number of processes that is none', ['--processes', 'NaN'], /^--processes takes a whole number/],
  ['an unknown flag', ['--nope'], /^Unknown option '--nope'\. See --help\.$/],
  ['too few connections', ['--connections', '1'], /^--connections takes a whole number from 2 to 1000/],
  [
    'an unknown fault',
    ['--faults', 'fire'],
    /^--faults takes some of process, thread, server, network, not "fire"/,
  ],
  [
    'to stop the user’s own server',
    [...ON_OURS, '--faults', 'server'],
    /^--faults server stops the embedded/,
  ],
])('%s is refused in one line', (_, args, line) => {
  const refused = () => readArguments(args, {})
  expect(refused).toThrow(UsageError)
  expect(refused).toThrow(line)
})

test('a queue’s schema that does not exist is told of in one line', async () => {
  const { code, stdout, stderr } = await runCluster([
    ...['--database-url', database.connectionString, '--queue-schema', 'nowhere'],
  ])
  expect(stderr).toMatch(/^There is no schema "nowhere" in this database: create it, or leave --queue.*\n$/)
  expect(stdout).toBe('')
  expect(code).toBe(1)
})

test('a role without the rights is told what it lacks', async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  const role = `weak_${database.name}`
  await client.query(`create role ${role}; create schema others; set role ${role}`)
  onTestFinished(async () => {
    await client.query(`reset role; drop owned by ${role}; drop role ${role}`)
  })
  const create = (queueSchema?: string) => createSchemas(client, { queueSchema, isElsewhere: false })
  await expect(create()).rejects.toThrow(/permission denied for database .*: use a role that may create/)
  await client.query('rollback')
  await expect(create('others')).rejects.toThrow(/^The role may not use the schema "others": grant it/)
  await client.query(`reset role; grant usage on schema others to ${role}; set role ${role}`)
  await expect(create('others')).rejects.toThrow(/^The schema "others" has no queue, and the role may not/)
})
