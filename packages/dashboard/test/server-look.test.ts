import { expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { until } from '../../broker/test/support/until.js'
import { createDashboard } from '../src/index.js'
import type { ServerAnswer, ServerView, Snapshot } from '../src/snapshot.js'
import { closeAtEnd } from './support/at-end.js'
import { hold, startBroker } from './support/broker.js'
import { serveDashboard, Viewer } from './support/served.js'

const database = await createTestDatabase()
failOnLeaks(database)
closeAtEnd()

const view = ({ databases }: Snapshot): ServerView => databases[0]!.server
const told = (snapshot: Snapshot) => view(snapshot).state === 'told'
const connectionsIn = (snapshot: Snapshot) => {
  const seen = view(snapshot)
  if (seen.state !== 'told') throw new Error(`Postgres is ${seen.state}`)
  return seen.connections
}

test('the connections are shown as Postgres sees them, without what the queries say', async () => {
  const broker = startBroker(database, { max: 3, application_name: 'seen by the page' })
  const held = await hold(broker)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  const connections = connectionsIn(await viewer.sees(told, 'what Postgres tells'))
  expect(connections).toHaveLength(2)
  const own = connections.find(({ pid }) => pid === held.processId)
  expect(own).toMatchObject({ state: 'idle', asks: false, query: null })
  expect(connections.filter(({ asks }) => asks)).toHaveLength(1)
  const seen = view(viewer.snapshots.find(told)!) as ServerView & { clients: number; maxClients: number }
  expect(seen.clients).toBeGreaterThanOrEqual(2)
  expect(seen.maxClients).toBeGreaterThan(seen.clients)
  await held.release()
})

test('with `showStatements` the beginning of each query is shown', async () => {
  const broker = startBroker(database, { max: 2, application_name: 'statements' })
  const held = await hold(broker)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const dashboard = createDashboard(broker, [], { showStatements: true })
  const viewer = await Viewer.open(await serveDashboard(dashboard))
  const connections = connectionsIn(await viewer.sees(told, 'what Postgres tells'))
  expect(connections.find(({ pid }) => pid === held.processId)!.query).toMatch(/^SELECT pg_backend_pid/)
  await held.release()
})

test('while the pool is full nobody is asked, which is shown, and the look is no one who waits', async () => {
  const broker = startBroker(database)
  const held = await hold(broker)
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  const full = await viewer.sees((snapshot) => view(snapshot).state === 'full', 'that it is full')
  expect(full.databases[0]!.waiting).toBe(0)
  expect(broker.stats().default.leases).toBe(1)
  await held.release()
  await viewer.sees(told, 'what Postgres tells then')
})

test('no connection is opened only to ask', async () => {
  const broker = startBroker(database)
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  await viewer.sees((snapshot) => view(snapshot).state === 'none open', 'that none is open')
  expect(broker.stats().default.opened).toBe(0)
})

test('it is not asked again before its time, and never where it should not be', async () => {
  const broker = startBroker(database)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  await viewer.sees(told, 'what Postgres tells')
  const seen = viewer.snapshots.length
  await until(() => viewer.snapshots.length > seen + 1, 'for two more snapshots')
  expect(broker.stats().default.leases).toBe(2)

  const silent = await Viewer.open(await serveDashboard(createDashboard(broker, [], { serverMillis: 0 })))
  await silent.sees(({ databases }) => databases[0]!.server.state === 'off', 'that it is off')
  expect(broker.stats().default.leases).toBe(2)
})

test('the transactions of the database are counted from one look to the next', async () => {
  const broker = startBroker(database)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const dashboard = createDashboard(broker, [], { serverMillis: 1, serverShare: 1 })
  const viewer = await Viewer.open(await serveDashboard(dashboard))
  const first = view(await viewer.sees(told, 'what Postgres tells'))
  expect(first).toMatchObject({ transactionsPerSecond: null })
  for (let query = 0; query < 200; query++) await broker.withConnection((client) => client.query('SELECT 1'))
  // Postgres counts with some delay.
  const rates = () => viewer.snapshots.map((each) => (view(each) as ServerAnswer).transactionsPerSecond ?? 0)
  await until(() => Math.max(...rates()) > 10, 'for them to be counted')
})

test('the more of the connections’ time it takes, the longer until the next', async () => {
  const broker = startBroker(database)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const options = { serverMillis: 1, serverShare: 0.0001 }
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker, [], options)))
  const first = view(await viewer.sees(told, 'what Postgres tells')) as { at: number }
  const seen = viewer.snapshots.length
  await until(() => viewer.snapshots.length > seen + 1, 'for two more snapshots')
  // A look takes a millisecond at least, and so the next one is ten seconds away.
  expect(view(viewer.snapshots.at(-1)!)).toMatchObject({ at: first.at })
})

test('a look that fails is shown with its reason', async () => {
  const broker = startBroker(database)
  await broker.withConnection((client) => client.query('SELECT 1'))
  const withConnection = () => Promise.reject(new Error('<b>The server</b> is away'))
  // As a look sees a broker whose server is away when it asks.
  const failing = new Proxy(broker, {
    get(target, key) {
      if (key === 'withConnection') return withConnection
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const viewer = await Viewer.open(await serveDashboard(createDashboard(failing)))
  const seen = await viewer.sees((snapshot) => view(snapshot).state === 'failed', 'the failure')
  expect(view(seen)).toMatchObject({ error: '<b>The server</b> is away' })
})
