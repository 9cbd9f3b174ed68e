import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import type { BrokerInfo } from '@pglease/client/internal'
import { expect, test } from 'vitest'
import { canDuplicate } from '../../src/connection/socket-duplicate.js'
import type { BrokerWarning, ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, nextMessage } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'

const database = await createTestDatabase()
const lending = new Lending(database)

interface Started {
  readonly broker: ConnectionBroker
  readonly thread: RawThread
  readonly warnings: BrokerWarning[]
}

function start(): Started {
  const broker = lending.broker({ max: 1 })
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  return { broker, thread: startThread(broker), warnings }
}

function startThread(broker: ConnectionBroker): RawThread {
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return thread
}

/** The thread's port is closed, which is told of once. Another thread still gets what it may. */
async function expectCutOff({ broker, thread, warnings }: Started): Promise<void> {
  await thread.closed
  expect(warnings).toMatchObject([{ code: 'PGLEASE_PROTOCOL_VIOLATION', holder: 'thread 99' }])
  const other = startThread(broker)
  const hello = await other.call('hello')
  expect(hello).toMatchObject({ type: 'RAW' })
  expect([...(hello.value as BrokerInfo).databases.keys()]).toEqual(['default'])
  expect(await broker.withConnection(async (client) => (await client.query('SELECT 1')).rowCount)).toBe(1)
}

const HELLO = { type: 'APPLY', path: ['hello'], argumentList: [] }

const raw = (...values: unknown[]) => values.map((value) => ({ type: 'RAW', value }))

test.each<[string, object]>([
  ['reads a property', { type: 'GET', path: ['hello'] }],
  ['reads the whole object', { type: 'GET', path: [] }],
  ['sets a property', { type: 'SET', path: ['hello'], value: { type: 'RAW', value: 1 } }],
  ['constructs', { type: 'CONSTRUCT', path: ['hello'], argumentList: [] }],
  ['asks for another endpoint', { type: 'ENDPOINT', path: [] }],
  ['releases the object', { type: 'RELEASE', path: [] }],
  ['calls the object itself', { type: 'APPLY', path: [], argumentList: [] }],
  ['calls a method of a method', { type: 'APPLY', path: ['hello', 'call'], argumentList: [] }],
  ['calls a constructor', { type: 'APPLY', path: ['constructor'], argumentList: raw('return process') }],
  [
    'calls the constructor of a constructor',
    { type: 'APPLY', path: ['hello', 'constructor', 'constructor'], argumentList: raw('return process') },
  ],
  ['calls a method that is not named', { type: 'APPLY', path: ['close'], argumentList: [] }],
  ['calls a method of every object', { type: 'APPLY', path: ['toString'], argumentList: [] }],
  ['calls by the prototype', { type: 'APPLY', path: ['__proto__', 'hello'], argumentList: [] }],
  ['calls by a path that is no array', { type: 'APPLY', path: 'hello', argumentList: [] }],
  ['calls by a path of arrays', { type: 'APPLY', path: [['hello']], argumentList: [] }],
  ['calls by a path that cannot be printed', { type: 'APPLY', path: [{ toString: 1 }], argumentList: [] }],
  ['calls without arguments', { type: 'APPLY', path: ['hello'] }],
  [
    'passes an error to throw',
    {
      type: 'APPLY',
      path: ['hello'],
      argumentList: [{ type: 'HANDLER', name: 'throw', value: { value: 1 } }],
    },
  ],
  ['passes nothing for an argument', { type: 'APPLY', path: ['hello'], argumentList: [null] }],
  ['does something unheard of', { type: 'DESTROY', path: ['hello'] }],
  ['does something that cannot be printed', { type: { toString: 1 }, path: ['hello'] }],
  ['says nothing', {}],
])('a thread that %s is refused', async (_what, message) => {
  const started = start()
  expect(await started.thread.ask(message)).toMatchObject({
    type: 'HANDLER',
    name: 'throw',
    error: { name: 'ForbiddenCallError', code: 'PGLEASE_FORBIDDEN_CALL', retryable: false },
  })
  await expectCutOff(started)
})

test.each<[string, unknown]>([
  ['no name', undefined],
  ['a number for a name', 7],
  ['an object for a name', { toString: 1 }],
  ['a name of a million letters', 'x'.repeat(1_000_000)],
])('a call that has %s is not answered, and ends the port', async (_what, id) => {
  const started = start()
  started.thread.control.postMessage({ id, type: 'APPLY', path: ['hello'], argumentList: [] })
  await expectCutOff(started)
})

test.each([
  ['type', { type: 'x'.repeat(20_000_000) }],
  ['path', { type: 'APPLY', path: ['x'.repeat(20_000_000)] }],
  ['path of many parts', { type: 'APPLY', path: new Array(1_000_000).fill('hello') }],
  ['path that is empty and endless', { type: 'APPLY', path: Object.assign([], { length: 2 ** 32 - 1 }) }],
  [
    'list of arguments that is empty and endless',
    { ...HELLO, argumentList: Object.assign([], { length: 2 ** 32 - 1 }) },
  ],
  ['list of arguments with holes', { ...HELLO, argumentList: Object.assign([], { length: 2 }) }],
])('a call with a %s is refused in a few words', async (_what, call) => {
  const started = start()
  const { error } = await started.thread.ask(call)
  expect(error).toMatchObject({ name: 'ForbiddenCallError' })
  expect((error as Error).message.length).toBeLessThan(500)
  await expectCutOff(started)
})

test('a call that brings a port for its name is not answered, and ends the port', async () => {
  const started = start()
  const { port1, port2 } = new MessageChannel()
  lending.closeAfterTest(async () => port1.close())
  started.thread.control.postMessage({ ...HELLO, id: port2 }, [port2])
  await expectCutOff(started)
})

test('a thread that asks for its lease ports twice is cut off, with its leases', async () => {
  const started = start()
  const port = await started.thread.leasePort()
  const closed = once(port, 'close')
  const { port1, port2 } = new MessageChannel()
  lending.closeAfterTest(async () => port1.close())
  started.thread.control.postMessage(
    { id: '1', type: 'APPLY', path: ['serveLeases'], argumentList: raw(port2, true) },
    [port2],
  )
  await closed
  await expectCutOff(started)
})

test('a proxied argument is refused', async () => {
  const started = start()
  const { port1, port2 } = new MessageChannel()
  lending.closeAfterTest(async () => port1.close())
  const argumentList = [{ type: 'HANDLER', name: 'proxy', value: port2 }]
  const answer = await started.thread.ask({ type: 'APPLY', path: ['serveLeases'], argumentList }, [port2])
  expect(answer).toMatchObject({ error: { name: 'ForbiddenCallError' } })
  await expectCutOff(started)
})

test.each([null, undefined, 0, 'hello', [], [null], new Uint8Array(3)])(
  'the broker outlives the message %j on its control port',
  async (message) => {
    const started = start()
    started.thread.control.postMessage(message)
    await expectCutOff(started)
  },
)

test.each([undefined, null, 1, 'port', {}, [], new SharedArrayBuffer(1)])(
  'a port for leases that is none, but %s, is refused',
  async (port) => {
    const started = start()
    expect(await started.thread.call('serveLeases', port)).toMatchObject({ name: 'throw' })
    await expectCutOff(started)
  },
)

test.skipIf(!canDuplicate()).each<[string, boolean, unknown[], number[]]>([
  ['once, and not for long', true, [new SharedArrayBuffer(4), new SharedArrayBuffer(4)], [1, 0]],
  ['not where no connection has TLS', false, [new SharedArrayBuffer(4)], [0]],
  ['not for memory of another size', true, [new SharedArrayBuffer(8)], [0]],
  ['not for memory that is its own', true, [new ArrayBuffer(4)], [0]],
])('the broker stands still for a thread that never lets it go %s', async (_, hasTls, memories, states) => {
  const broker = lending.broker({ ssl: hasTls && { rejectUnauthorized: false } })
  const thread = startThread(broker)
  for (const memory of memories) await thread.call('standStill', memory)
  expect(memories.map((memory) => new Int32Array(memory as ArrayBuffer)[0])).toEqual(states)
  expect(await thread.call('hello')).toMatchObject({ type: 'RAW', value: { usesTls: hasTls } })
})

test.skipIf(!canDuplicate()).each([
  [['default'], true],
  [['plain'], false],
  [['plain', 'default'], true],
])('a thread that may lease %j is told whether a connection of these has TLS', async (databases, usesTls) => {
  const broker = lending.broker({ ssl: { rejectUnauthorized: false } }, { plain: { ssl: false } })
  const thread = new RawThread(broker, { databases })
  lending.closeAfterTest(async () => thread.close())
  const { value } = await thread.call('hello')
  expect(value).toMatchObject({ usesTls })
  expect([...(value as BrokerInfo).databases.keys()]).toEqual(databases)
})

test.each([undefined, 1, 'port', {}])(
  'a request for a port that brings none, but %j, is a message like others',
  async (port) => {
    const broker = lending.broker()
    const message = { '@pglease/attach': port, threadId: 1 }
    const worker = lending.worker(broker, 'posts.js', { workerData: message })
    expect(await nextMessage(worker)).toEqual(message)
  },
)
