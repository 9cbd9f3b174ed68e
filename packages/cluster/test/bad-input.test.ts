import { UsageError } from '@pglease/commands'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { readArguments } from '../src/arguments.js'
import { runCluster } from './support/cluster-command.js'

const database = await createTestDatabase()

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

async function expectRefusal(args: readonly string[], line: RegExp): Promise<void> {
  const ended = await runCluster(args)
  expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(line) })
  expect(ended.stderr.trimEnd()).not.toContain('\n')
}

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

test('a queue’s schema that does not exist is told of in one line', () =>
  expectRefusal(
    [...ON_OURS, '--queue-schema', 'nowhere'],
    /^There is no schema "nowhere" in this database: create it, or leave --queue-schema out/,
  ))

test('a role that may create no schema is told of in one line', async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  const role = `weak_${database.name}`
  await client.query(`create role ${role} login password 'weak'`)
  onTestFinished(async () => {
    await client.query(`drop role ${role}`)
  })
  const url = Object.assign(new URL(database.connectionString), { username: role, password: 'weak' }).href
  await expectRefusal(
    ['--database-url', url],
    /permission denied for database .*: use a role that may create/,
  )
})
