import { readFileSync } from 'node:fs'
import { ConnectionBroker } from '@pglease/broker'
import { dropSchema } from '@pglease/demo/parts'
import { validate } from 'dockerfile-utils'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { Roll } from '../src/pod/roll.js'
import { TASK } from '../src/queue.js'
import { createSchemas, dropOwnSchema, OWN_SCHEMA } from '../src/supervisor/schemas.js'
import { runCluster } from './support/cluster-command.js'
import { Pod } from './support/pod.js'

const database = await createTestDatabase()

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

const deploy = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8')

test('a pod is ready, takes the jobs of a run, and ends in order when it is told to', async () => {
  const pod = new Pod({ DATABASE_URL: database.connectionString, POD_NAME: 'tours-1' })
  const url = await pod.url()
  await until(async () => (await fetch(`${url}/ready`)).status === 200, 'for it to be ready', 60_000)
  expect((await fetch(`${url}/live`)).status).toBe(200)
  expect((await fetch(`${url}/nothing`)).status).toBe(404)
  const { code, stdout, stderr } = await runCluster([
    ...['--database-url', database.connectionString, '--elsewhere', '--processes', '1', '--json'],
    ...['--countries', 'FJ,LI', '--moves', '5'],
  ])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ planned: 2, plannedTwice: 0, verified: true, maxConnections: 3 })
  pod.terminate()
  expect((await pod.ended).code).toBe(0)
  await until(async () => (await database.serverConnections()) === 0, 'for its connections to go')
})

test('a pod whose queue cannot write the end of a job ends with an error, for another to take its place', async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  // Of a run elsewhere it stays.
  await client.query(`drop schema if exists ${OWN_SCHEMA} cascade`)
  await createSchemas(client, { queueSchema: undefined, isElsewhere: false })
  onTestFinished(async () => {
    await dropOwnSchema(client)
    await dropSchema(client)
  })
  await runMigrations({ connectionString: database.connectionString, schema: OWN_SCHEMA })
  await client.query(`insert into pglease_demo.tours values ('LU', 1, 1);
    create function ${OWN_SCHEMA}.refuse() returns trigger language plpgsql as $$
      begin raise exception 'nothing is written here'; end $$;
    create trigger refuse before delete on ${OWN_SCHEMA}._private_jobs execute function ${OWN_SCHEMA}.refuse()`)
  const pod = new Pod({ DATABASE_URL: database.connectionString, POD_NAME: 'tours-2' })
  await pod.url()
  await client.query(
    `select id from ${OWN_SCHEMA}.add_job($1, '{"country": "LU"}', job_key := 'LU', max_attempts := 25)`,
    [TASK],
  )
  const { code, stderr } = await pod.ended
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'nothing is written here\n' })
})

test('the jobs of a pod of which the server has no connection are unlocked at the second look', async () => {
  const broker = new ConnectionBroker({
    databases: { default: { connectionString: database.connectionString, application_name: 'alive' } },
  })
  onTestFinished(() => broker.close())
  await broker.withConnection((client) =>
    client.query(`create schema roll_queue;
      create table roll_queue.unlocked (pool text);
      create function roll_queue.force_unlock_workers(text[]) returns void language sql
        as 'insert into roll_queue.unlocked select unnest($1)';
      create schema if not exists pglease_demo;
      create table if not exists pglease_demo.members (pool text primary key, name text not null);
      truncate pglease_demo.members;
      insert into pglease_demo.members values ('pool-2', 'dead')`),
  )
  const roll = new Roll(broker, 'roll_queue', () => ({ pool: 'pool-1', name: 'alive' }))
  const unlocked = async () => (await broker.pool().query('select pool from roll_queue.unlocked')).rows
  await roll.look()
  expect(await unlocked()).toEqual([])
  await roll.look()
  expect(await unlocked()).toEqual([{ pool: 'pool-2' }])
  await roll.look()
  expect(await unlocked()).toHaveLength(1)
})

test('a pod without an address says so in one line', async () => {
  const { code, stderr } = await new Pod({ DATABASE_URL: undefined }).ended
  expect(stderr).toBe('DATABASE_URL says where the database is.\n')
  expect(code).toBe(2)
})

test.each(['Dockerfile', 'Dockerfile.alpine'])('the %s has no fault', (name) => {
  expect(validate(deploy(name))).toEqual([])
  expect(deploy(name)).toContain('CMD ["node", "packages/cluster/dist/pod/main.js"]')
})

test('the members of the compose file fit into its server, and have time to end', () => {
  const { services } = parse(deploy('compose.yaml'), { merge: true })
  const { CONNECTIONS } = services.member.environment
  expect(services.postgres.command).toContain('max_connections=40')
  // The one that adds the jobs has as many, and one to look on.
  expect(5 * Number(CONNECTIONS) + 1).toBeLessThan(40 - 10)
  expect(Number.parseInt(services.member.stop_grace_period, 10)).toBeGreaterThanOrEqual(25)
  expect(services.member.environment.DATABASE_URL).toBe(services.tours.environment.DATABASE_URL)
})

test('the pods of Kubernetes have probes, time to end, and no surge', () => {
  const documents = parseAllDocuments(deploy('kubernetes.yaml'))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  const [deployment, job] = documents.map((each) => each.toJS())
  expect([deployment.kind, job.kind]).toEqual(['Deployment', 'Job'])
  const { spec } = deployment.spec.template
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(25)
  expect(deployment.spec.strategy.rollingUpdate.maxSurge).toBe(0)
  const [member] = spec.containers
  expect(member.readinessProbe.httpGet.path).toBe('/ready')
  expect(member.livenessProbe.httpGet.path).toBe('/live')
  expect(member.command.slice(0, 1)).toEqual(['node'])
  expect(job.spec.template.spec.containers[0].command).toContain('--elsewhere')
})
