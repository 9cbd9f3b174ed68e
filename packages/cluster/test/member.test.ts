import { dropSchema } from '@pglease/demo/parts'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { Member } from '../dist/member/member.js'
import type { News } from '../src/member/messages.js'
import { TASK } from '../src/queue.js'
import { createSchemas, OWN_SCHEMA } from '../src/supervisor/schemas.js'

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 60_000 })

const database = await createTestDatabase()
const { connectionString } = database
const client = new pg.Client({ connectionString })
await client.connect()
afterAll(() => client.end())

/** Countries whose tours are written already, so that a job is over as soon as it has begun. */
const COUNTRIES = ['LU', 'LI', 'FJ']

beforeEach(async () => {
  await createSchemas(client, { queueSchema: undefined, isElsewhere: false })
  await runMigrations({ connectionString, schema: OWN_SCHEMA })
  await client.query('insert into pglease_demo.tours select unnest($1::text[]), 1, 1', [COUNTRIES])
  onTestFinished(() => dropSchema(client))
})

const add = (country: string) =>
  client.query(
    `select id from ${OWN_SCHEMA}.add_job($1, json_build_object('country', $2::text), job_key := $2, max_attempts := 25)`,
    [TASK, country],
  )

function start(threads: number) {
  const told: News[] = []
  const settings = { connectionString, name: 'member', connections: 4, isPooledByTransaction: false }
  const own = { number: 1, threads, limitMillis: 60_000, schema: OWN_SCHEMA }
  const member = new Member({ ...settings, ...own }, (news) => told.push(news))
  const work = member.work()
  work.catch(() => {})
  onTestFinished(() => member.broker.close({ timeoutMillis: 0 }))
  onTestFinished(() => member.executor.close({ timeoutMillis: 0 }))
  return { member, work, of: <K extends News['kind']>(kind: K) => told.filter(isOf(kind)) }
}

const isOf =
  <K extends News['kind']>(kind: K) =>
  (news: News): news is Extract<News, { kind: K }> =>
    news.kind === kind

test('a job that a process was given, but never heard of, is run soon, at the same attempt', async () => {
  const { member, of } = start(1)
  const pool = () => of('ready')[0]?.pool
  await until(() => pool() !== undefined, 'for it to have a name')
  // The answer to the query that does this may be lost with its connection.
  await client.query('begin')
  await add('LU')
  await client.query(
    `update ${OWN_SCHEMA}._private_jobs set locked_by = $1, locked_at = now(), attempts = attempts + 1`,
    [pool()],
  )
  await client.query('commit')
  await until(() => of('ended').length > 0, 'for the job to be run', 30_000)
  expect(of('started')).toEqual([{ kind: 'started', country: 'LU', attempt: 1 }])
  await until(
    async () => (await client.query(`select from ${OWN_SCHEMA}.jobs`)).rowCount === 0,
    'for its end to be written',
  )
  await member.stop()
})

test('a process that cannot write the end of its jobs ends at once', async () => {
  await client.query(`create function ${OWN_SCHEMA}.refuse() returns trigger language plpgsql as $$
    begin raise exception 'nothing is written here'; end $$;
    create trigger refuse before delete on ${OWN_SCHEMA}._private_jobs execute function ${OWN_SCHEMA}.refuse()`)
  for (const country of COUNTRIES) await add(country)
  const { work } = start(3)
  await expect(work).rejects.toThrow('nothing is written here')
})
