import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { canDuplicate } from '../../src/connection/socket-duplicate.js'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, nextMessage } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'

const database = await createTestDatabase()
const lending = new Lending(database)

function start(): { broker: ConnectionBroker; thread: RawThread } {
  const broker = lending.broker({ max: 1 })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return { broker, thread }
}

/** A thread of another making still gets what it may. */
async function expectAlive(broker: ConnectionBroker, thread: RawThread): Promise<void> {
  expect(await thread.call('hello')).toMatchObject({ type: 'RAW', value: { databases: ['default'] } })
  expect(await broker.withConnection(async (client) => (await client.query('SELECT 1')).rowCount)).toBe(1)
}

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
  const { broker, thread } = start()
  expect(await thread.ask(message)).toMatchObject({
    type: 'HANDLER',
    name: 'throw',
    error: { name: 'ForbiddenCallError', code: 'PGLEASE_FORBIDDEN_CALL', retryable: false },
  })
  await expectAlive(broker, thread)
})

test('a proxied argument is refused', async () => {
  const { broker, thread } = start()
  const { port1, port2 } = new MessageChannel()
  lending.closeAfterTest(async () => port1.close())
  const argumentList = [{ type: 'HANDLER', name: 'proxy', value: port2 }]
  const answer = await thread.ask({ type: 'APPLY', path: ['serveLeases'], argumentList }, [port2])
  expect(answer).toMatchObject({ error: { name: 'ForbiddenCallError' } })
  await expectAlive(broker, thread)
})

test.each([null, undefined, 0, 'hello', [], [null], new Uint8Array(3)])(
  'the broker outlives the message %j on its control port',
  async (message) => {
    const { broker, thread } = start()
    thread.control.postMessage(message)
    await expectAlive(broker, thread)
  },
)

test.each([undefined, null, 1, 'port', {}, [], new SharedArrayBuffer(1)])(
  'a port for leases that is none, but %s, is refused',
  async (port) => {
    const { broker, thread } = start()
    expect(await thread.call('serveLeases', port)).toMatchObject({ name: 'throw' })
    await expectAlive(broker, thread)
  },
)

test.skipIf(!canDuplicate()).each<[string, boolean, unknown[], number[]]>([
  ['once, and not for long', true, [new SharedArrayBuffer(4), new SharedArrayBuffer(4)], [1, 0]],
  ['not where no connection has TLS', false, [new SharedArrayBuffer(4)], [0]],
  ['not for memory of another size', true, [new SharedArrayBuffer(8)], [0]],
  ['not for memory that is its own', true, [new ArrayBuffer(4)], [0]],
])('the broker stands still for a thread that never lets it go %s', async (_, hasTls, memories, states) => {
  const broker = lending.broker({ ssl: hasTls && { rejectUnauthorized: false } })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
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
  expect(await thread.call('hello')).toMatchObject({ value: { databases, usesTls } })
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
