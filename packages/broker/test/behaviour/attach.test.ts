import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, nextMessage, untilQuiet } from '../support/lending.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** Has the thread call one of its functions. */
async function call<T>(worker: Worker, name: string, ...values: unknown[]): Promise<T> {
  const answer = nextMessage<{ result: T } | { error: unknown }>(worker)
  worker.postMessage({ name, values })
  const settled = await answer
  if ('error' in settled) throw settled.error
  return settled.result
}

const start = (broker: ConnectionBroker, attach = {}) =>
  lending.worker(broker, 'manners/plain.js', { attach })

test('a plain thread leases connections', async () => {
  const broker = lending.broker({ max: 1 })
  const worker = start(broker)
  const before = await call(worker, 'processId')
  expect(await call(worker, 'processId')).toBe(before)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ leases: 2, opened: 1, idle: 1 })
})

test('threads share the connections, and a connection serves threads that did not open it', async () => {
  const broker = lending.broker({ max: 1 })
  const workers = [start(broker), start(broker), start(broker)]
  const pids = await Promise.all(workers.map((worker) => call(worker, 'processId')))
  expect(new Set(pids).size).toBe(1)
  expect(broker.stats().default).toMatchObject({ leases: 3, opened: 1 })
})

test('a leased function gives its connection back when it returns, and when it throws', async () => {
  const broker = lending.broker({ max: 1 })
  const worker = start(broker)
  expect(await call(worker, 'adds', 2, 3)).toBe(5)
  await expect(call(worker, 'fails', 'not today')).rejects.toMatchObject({ message: 'not today' })
  expect(await call(worker, 'adds', 3, 4)).toBe(7)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ leases: 3, opened: 1, idle: 1, rollbacks: 1 })
})

test('each call of a leased function has a connection of its own, also at the same time', async () => {
  const broker = lending.broker({ max: 2 })
  const [one, other] = await call<number[]>(start(broker), 'twoAtATime')
  expect(one).not.toBe(other)
})

test('a leased function takes its lease with the options given with it', async () => {
  const broker = lending.broker({}, { replica: { application_name: 'the replica' } })
  const worker = start(broker)
  expect(await call(worker, 'looksAtReplica')).toEqual({
    name: 'the replica',
    level: 'serializable',
    readOnly: 'on',
  })
  expect(broker.stats()).toMatchObject({ default: { leases: 0 }, replica: { leases: 1 } })
})

test('a thread leases only the databases that it was attached to', async () => {
  const broker = lending.broker({}, { replica: {}, secret: {} })
  const worker = start(broker, { databases: ['default', 'replica'] })
  expect(await call(worker, 'processId', { database: 'replica' })).toBeTypeOf('number')
  await expect(call(worker, 'processId', { database: 'secret' })).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_DATABASE',
    retryable: false,
    database: 'secret',
    message: 'This thread may lease default, replica, but not "secret".',
  })
  await expect(call(worker, 'processId', { database: 'nothing' })).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_DATABASE',
    database: 'nothing',
  })
  expect(broker.stats().secret).toMatchObject({ leases: 0, opened: 0 })
})

test('the tasks of an executor lease only the databases that it was given', async () => {
  const broker = lending.broker({}, { secret: {} })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { databases: ['default'] })
  expect(await executor.run('default', { name: 'processIdOf' })).toBeTypeOf('number')
  await expect(executor.run('secret', { name: 'processIdOf' })).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_DATABASE',
    database: 'secret',
  })
})

test('the messages of a thread still reach the listeners of its owner', async () => {
  const broker = lending.broker()
  const worker = start(broker)
  const seen: unknown[] = []
  worker.on('message', (message) => seen.push(message))
  await call(worker, 'processId')
  expect(seen).toEqual([{ result: expect.any(Number) }])
})

test('a thread that nobody has attached is told so', async () => {
  const worker = lending.detached('manners/plain.js')
  const error = new Promise((resolve) => {
    worker.on('message', (message) => {
      if ('error' in message) resolve(message.error)
      // Its request for a broker, which nobody serves.
      else message['@pglease/attach'].close()
    })
  })
  worker.postMessage({ name: 'processId', values: [] })
  expect(await error).toMatchObject({
    code: 'PGLEASE_NOT_ATTACHED',
    retryable: false,
    message: expect.stringMatching(/broker\.attach\(worker\)/),
  })
})

test('a thread attached to a broker that closes meanwhile is told so', async () => {
  const broker = lending.broker()
  const worker = start(broker)
  await call(worker, 'processId')
  await broker.close()
  await expect(call(worker, 'processId')).rejects.toMatchObject({
    code: 'PGLEASE_BROKER_CLOSED',
    retryable: false,
    database: 'default',
  })
})

test('several databases in one task are leased as they are used, and all are released when it ends', async () => {
  const broker = lending.broker({ max: 1 }, { replica: { max: 1 }, archive: { max: 1 } })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  for (let round = 0; round < 2; round++) {
    const pids = await executor.run(['default', 'replica'], { name: 'processIdsOf' })
    expect(new Set(pids).size).toBe(2)
    await expect(executor.run(['replica', 'nothing'], { name: 'processIdsOf' })).rejects.toMatchObject({
      code: 'PGLEASE_UNKNOWN_DATABASE',
      message: 'The broker has no database "nothing". It has: default, replica, archive.',
    })
  }
  await Promise.all([untilQuiet(broker), untilQuiet(broker, 'replica')])
  expect(broker.stats()).toMatchObject({
    default: { leases: 2, opened: 1, idle: 1 },
    replica: { leases: 4, opened: 1, idle: 1 },
    archive: { leases: 0, opened: 0 },
  })
})
