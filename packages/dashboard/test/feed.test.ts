import { channels } from '@pglease/broker'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { gate, until } from '../../broker/test/support/until.js'
import { createDashboard } from '../src/index.js'
import { closeAtEnd } from './support/at-end.js'
import { hold, startBroker, startExecutor } from './support/broker.js'
import { ask, serveDashboard, Viewer } from './support/served.js'

const database = await createTestDatabase()
failOnLeaks(database)
closeAtEnd()

type Broker = ReturnType<typeof startBroker>

const listeners = () => Object.values(channels).filter(({ hasSubscribers }) => hasSubscribers).length

test('a lease that is held, one who waits, and the times of both are shown', async () => {
  const broker = startBroker(database, { showStatements: true })
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  const held = await hold(broker)
  const waiting = broker.withConnection((client) => client.query('SELECT 2'))
  await until(() => broker.stats().default.waiting === 1, 'for one to wait')
  const during = await viewer.sees(
    ({ leases }) => leases?.length === 2 && leases[0]!.state === 'held',
    'who waits',
  )
  expect(during).toMatchObject({
    state: 'open',
    moreLeases: 0,
    databases: [{ name: 'default', max: 1, leased: 1, idle: 0, kept: 0 }],
    leases: [
      { state: 'held', threadId: 0, processId: held.processId, database: 'default' },
      { state: 'waiting', threadId: 0 },
    ],
  })
  expect(during.tasks).toBeUndefined()
  await held.release()
  await waiting
  const waits = () => viewer.snapshots.reduce((sum, { databases }) => sum + databases[0]!.wait.count, 0)
  const holds = () => viewer.snapshots.reduce((sum, { databases }) => sum + databases[0]!.hold.count, 0)
  // Postgres is asked by a lease, too, when the connection is free.
  await until(() => waits() >= 2 && holds() >= 2, 'for both to be told of')
  const longest = Math.max(...viewer.snapshots.map(({ databases }) => databases[0]!.hold.max))
  expect(longest).toBeGreaterThan(0)
  const after = viewer.snapshots.at(-1)!
  expect(after.databases[0]!.leases).toBeGreaterThanOrEqual(2)
  expect(viewer.snapshots.some(({ databases }) => databases[0]!.leasesPerSecond > 0)).toBe(true)
})

test('the times are those of the page’s own broker, whatever else the databases of others are called', async () => {
  const options = { serverMillis: 0 }
  const [own, other] = ['own', 'other'].map((name) => startBroker(database, {}, name)) as [Broker, Broker]
  const viewer = await Viewer.open(await serveDashboard(createDashboard(own, [], options)))
  await viewer.sees(() => true, 'a snapshot')
  for (const broker of [other, other, own]) await broker.withConnection((client) => client.query('SELECT 1'))
  const counts = () =>
    viewer.snapshots.reduce(
      (sums, { databases: [shown] }) => ({
        waits: sums.waits + shown!.wait.count,
        holds: sums.holds + shown!.hold.count,
      }),
      { waits: 0, holds: 0 },
    )
  await until(() => counts().holds > 0, 'for its lease to be told of')
  expect(counts()).toEqual({ waits: 1, holds: 1 })
  expect(viewer.snapshots.at(-1)).toMatchObject({ name: 'own', databases: [{ leases: 1 }] })
})

test('tasks are shown with their threads, also those that began before somebody watched', async () => {
  const broker = startBroker(database)
  const executor = startExecutor(broker)
  const memory = new SharedArrayBuffer(4)
  const here = gate()
  const first = executor.run(memory, { name: 'holds', onProgress: () => here.open() })
  await here
  const others = [executor.run(100_000, { name: 'queries' }), executor.run(undefined, { name: 'fails' })]
  const settled = Promise.allSettled([first, ...others])
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker, executor)))
  const during = await viewer.sees(({ tasks }) => tasks?.running.length === 1, 'the task')
  const { threadId } = during.tasks!.running[0]!
  expect(during.tasks).toMatchObject({ queued: 2, running: [{ task: 'holds', state: 'running' }] })
  expect(during.tasks!.running[0]!.runMillis).toBeGreaterThan(0)
  expect(during.leases).toMatchObject([{ task: 'holds', threadId, state: 'held' }])
  Atomics.store(new Int32Array(memory), 0, 1)
  Atomics.notify(new Int32Array(memory), 0)
  await settled
  const after = await viewer.sees(({ tasks }) => tasks!.failed === 1, 'the one that failed')
  expect(after.tasks).toMatchObject({ queued: 0, running: [], aborted: 0 })
  const quiet = await viewer.sees(
    ({ tasks, databases }) => tasks!.failed === 1 && databases[0]!.idle === 1,
    'the connection that nobody leases',
  )
  expect(quiet.databases).toMatchObject([{ leased: 0, connecting: 0, settling: 0 }])
  // What a thread keeps is idle; where nothing is handed over none does.
  expect(quiet.databases[0]!.kept).toBe(quiet.leases!.length)
  const bytes = viewer.snapshots.map(({ databases }) => databases[0]!.bytesFromServerPerSecond)
  await until(
    () =>
      bytes
        .concat(viewer.snapshots.map(({ databases }) => databases[0]!.bytesFromServerPerSecond))
        .some((rate) => rate > 1000),
    'for the bytes',
  )
})

test('warnings are shown, also those that came before somebody watched, and hostile texts come as they are', async () => {
  const broker = startBroker(database)
  const dashboard = createDashboard(broker)
  const message = `</script><img src=x onerror=alert(1)>\n\ndata: {}\n\n\u2028${'x'.repeat(5000)}`
  broker.emit('warning', { code: 'PGLEASE_PROTOCOL_VIOLATION', message, holder: 'thread 3' })
  const viewer = await Viewer.open(await serveDashboard(dashboard))
  const seen = await viewer.sees(() => true, 'the first snapshot')
  expect(seen.warnings).toMatchObject([{ number: 1, code: 'PGLEASE_PROTOCOL_VIOLATION' }])
  expect(seen.warnings[0]!.message).toBe(`${message.slice(0, 1000)}…`)
  await broker.withConnection((client) => client.query('BEGIN'))
  const later = await viewer.sees(({ warnings }) => warnings.length === 2, 'the open transaction')
  expect(later.warnings[0]).toMatchObject({ number: 2, code: 'PGLEASE_OPEN_TRANSACTION', count: 1 })
})

test('the main thread’s delay is shown', async () => {
  const viewer = await Viewer.open(await serveDashboard(createDashboard(startBroker(database))))
  // What measures it has begun by then.
  await until(() => viewer.snapshots.length >= 2, 'for two snapshots')
  const end = performance.now() + 80
  while (performance.now() < end);
  const late = await viewer.sees(({ loop }) => loop.delay.max > 40, 'the delay')
  expect(late.loop.busy).toBeGreaterThan(0)
  expect(late.loop.busy).toBeLessThanOrEqual(1)
})

test('nothing is subscribed while nobody watches, and one snapshot is made for all who do', async () => {
  const broker = startBroker(database)
  const port = await serveDashboard(createDashboard(broker))
  await ask(port, '/')
  expect(listeners()).toBe(0)
  const viewers = [await Viewer.open(port), await Viewer.open(port)]
  const [first, second] = viewers
  expect(listeners()).toBeGreaterThan(0)
  await until(() => second!.snapshots.length >= 2, 'for the second one to see two')
  const times = (viewer: Viewer | undefined) => viewer!.snapshots.map(({ at }) => at)
  const seenBySecond = times(second)
  await until(() => seenBySecond.every((at) => times(first).includes(at)), 'for the first to see the same')
  first!.leave()
  const seen = second!.snapshots.length
  await until(() => second!.snapshots.length > seen, 'for the second to see more')
  expect(listeners()).toBeGreaterThan(0)
  second!.leave()
  await until(() => listeners() === 0, 'for both to be forgotten')
  const again = await Viewer.open(port)
  await again.sees(() => true, 'a snapshot')
})

test('no more than `maxViewers` watch, and one who goes makes room', async () => {
  const port = await serveDashboard(createDashboard(startBroker(database), [], { maxViewers: 1 }))
  const viewer = await Viewer.open(port)
  expect(await ask(port, '/events')).toMatchObject({ status: 503, headers: { 'retry-after': '10' } })
  expect((await ask(port, '/')).status).toBe(200)
  viewer.leave()
  await until(() => listeners() === 0, 'for it to be forgotten')
  await (await Viewer.open(port)).sees(() => true, 'a snapshot')
})

test('close ends what viewers are sent, and leaves nothing behind', async () => {
  const broker = startBroker(database)
  const heard = broker.listenerCount('warning')
  const dashboard = createDashboard(broker)
  const port = await serveDashboard(dashboard)
  const viewers = [await Viewer.open(port), await Viewer.open(port)]
  dashboard.close()
  await until(() => viewers.every(({ state }) => state === 'ended'), 'for the viewers to be told')
  expect(listeners()).toBe(0)
  expect(broker.listenerCount('warning')).toBe(heard)
})

test('a broker that closes is shown as closed', async () => {
  const broker = startBroker(database)
  const viewer = await Viewer.open(await serveDashboard(createDashboard(broker)))
  await broker.withConnection((client) => client.query('SELECT 1'))
  await broker.close()
  const seen = await viewer.sees(({ state }) => state === 'closed', 'that it is closed')
  expect(seen.databases).toMatchObject([{ leased: 0, idle: 0 }])
})
