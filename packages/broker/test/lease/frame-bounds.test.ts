import { once } from 'node:events'
import { closeSync } from 'node:fs'
import {
  type GrantFrame,
  queryMessage,
  SessionCell,
  SessionTracker,
  WINDOW_BYTES,
} from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker, DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Doorman } from '../support/doorman.js'
import { hold, processId } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { nextFrame, type RawLeasePort, RawThread } from '../support/raw-thread.js'
import { getSockets } from '../support/sockets.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const request = { database: 'default' }
const bytes = new Uint8Array(queryMessage('SELECT 1'))

async function start(options: DatabaseOptions = {}, cell?: SharedArrayBuffer) {
  const broker = lending.broker({ max: 1, ...options })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return { broker, thread, port: await thread.leasePort(cell) }
}

/** A lease whose bytes are all kept, because somebody else has the connection. */
async function waiting() {
  const started = await start()
  const held = await hold(started.broker)
  lending.closeAfterTest(() => held.release())
  started.port.postMessage({ open: 1, request, bytes })
  return started
}

/** A lease whose thread has the socket. */
async function handedOver(options: DatabaseOptions = {}) {
  const cell = new SessionCell()
  const started = await start({ cancelTimeoutMillis: 1000, ...options }, cell.memory)
  started.port.postMessage({ open: 1, request, bytes })
  const { socket } = (await nextFrame(started.port)) as GrantFrame
  return { ...started, cell, descriptor: socket!.descriptor }
}

/** Waits until the broker has looked at all that was posted. */
async function settled(thread: RawThread, port: RawLeasePort): Promise<'open' | 'closed'> {
  let state: 'open' | 'closed' = 'open'
  port.once('close', () => {
    state = 'closed'
  })
  for (let turn = 0; turn < 3; turn++) await thread.call('hello')
  return state
}

describe('what a thread writes while it waits', () => {
  test('is kept up to a window, and the port is closed for more', async () => {
    const { broker, thread, port } = await waiting()
    port.postMessage(new Uint8Array(WINDOW_BYTES))
    expect(await settled(thread, port)).toBe('open')
    port.postMessage(bytes)
    await once(port, 'close')
    expect(broker.stats().default).toMatchObject({ waiting: 0, withdrawn: 1 })
  })

  test('counts for what it takes in memory, however small its pieces are', async () => {
    const { thread, port } = await waiting()
    // The first bytes were one piece.
    for (let count = 1; count < WINDOW_BYTES / 512; count++) port.postMessage(new Uint8Array(count % 2))
    expect(await settled(thread, port)).toBe('open')
    port.postMessage(new Uint8Array(0))
    await once(port, 'close')
  })

  test('counts for the memory behind it', async () => {
    const { port } = await waiting()
    for (let count = 0; count < 2; count++) port.postMessage(new Uint8Array(WINDOW_BYTES).subarray(0, 1))
    await once(port, 'close')
  })
})

test('a thread that acknowledges more than it was sent does not switch flow control off', async () => {
  const { broker, port } = await start()
  const query = "SELECT repeat('x', 1000) FROM generate_series(1, 100000)"
  port.postMessage({ open: 1, request, bytes: new Uint8Array(queryMessage(query)) })
  await until(() => broker.stats().default!.bytesFromServer >= WINDOW_BYTES, 'for a window of bytes')
  port.postMessage(WINDOW_BYTES / 2)
  port.postMessage(Number.MAX_SAFE_INTEGER)
  await once(port, 'close')
  await untilQuiet(broker)
  expect(broker.stats().default!.bytesFromServer).toBeLessThan(3 * WINDOW_BYTES)
})

describe.skipIf(!getSockets)('of thousands of cancels', () => {
  test('that a thread asks for, one at a time reaches the server', async () => {
    const doorman = await Doorman.start(database.connectionString)
    lending.closeAfterTest(() => doorman.close())
    const { broker, thread, port } = await handedOver({ connectionString: doorman.connectionString })
    const { accepted } = doorman
    doorman.holdNewcomers()
    const told: unknown[] = []
    port.on('message', (frame) => told.push(frame))
    for (let count = 0; count < 3000; count++) port.postMessage('cancel and tell')
    await settled(thread, port)
    await until(() => doorman.waiting === 1, 'for a cancel')
    expect([doorman.accepted - accepted, broker.stats().default!.cancels]).toEqual([1, 1])
    doorman.letIn()
    await until(() => told.length > 0, 'for the end of the cancel')
    port.postMessage('cancel and tell')
    await until(() => told.length > 1, 'for the end of another')
    expect(told).toEqual(['cancelled', 'cancelled'])
    expect(doorman.accepted - accepted).toBe(2)
  })
})

describe('a request', () => {
  const long = 'x'.repeat(20_000_000)

  test.each<[string, object, RegExp]>([
    ['of a database', { database: long }, /^lease\.database /],
    ['of a task', { ...request, task: long }, /^lease\.task /],
    ['of the place where it was made', { ...request, openedAt: long }, /^lease\.openedAt /],
    ['of an isolation level', { ...request, isolationLevel: long }, /^lease\.isolationLevel /],
    ['of an option', { ...request, [long]: 1 }, /^lease\.x/],
  ])('with a name %s of 20 million letters is refused in a few words', async (_what, wrong, message) => {
    const { thread, port } = await start()
    port.postMessage({ open: 1, request: wrong, bytes })
    const { error } = (await nextFrame(port)) as { error: Error }
    expect(error).toMatchObject({ name: 'ConfigurationError', message: expect.stringMatching(message) })
    expect(error.message.length).toBeLessThan(500)
    expect(await settled(thread, port)).toBe('open')
  })
})

const points = (length: number, fill?: number) => {
  const list: number[] = []
  list.length = length
  return fill === undefined ? list : list.fill(fill)
}

describe.skipIf(!getSockets)('a thread that has the socket', () => {
  test.each<[string, unknown]>([
    ['with no points in a list of 2^32 - 1', points(2 ** 32 - 1)],
    ['with a hole in its points', [0, ...points(1), 0]],
    ['with millions of points', points(2 ** 22, 0)],
    ['with points that are none', [0, 5]],
    ['with parts of points', [0.5]],
  ])('and tells of a session %s is cut off at once', async (_what, wrong) => {
    const { broker, port } = await handedOver()
    const session = new SessionTracker().save()
    session.conversation.points = wrong as number[]
    port.postMessage({ back: 'release', session })
    expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name: 'ProtocolError' } })
    await once(port, 'close')
    expect(await processId(broker)).toBeGreaterThan(0)
  })

  test('and 200,000 answers to come is believed', async () => {
    const { broker, port } = await handedOver()
    const session = new SessionTracker().save()
    session.conversation.points = points(200_000, 0)
    port.postMessage({ back: 'destroy', session })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 0, closed: { destroyed: 1 } })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0.5, 1e300, 2 ** 60])(
    'and counts its bytes as %d leaves the statistics as they are',
    async (wrong) => {
      const { broker, cell, port } = await handedOver()
      const before = broker.stats().default!
      new Float64Array(cell.memory, 16, 2).fill(wrong)
      expect(broker.stats().default).toMatchObject(bytesOf(before))
      new Float64Array(cell.memory, 16, 2).fill(1000)
      port.postMessage({ back: 'destroy', session: 'unknown' })
      await untilQuiet(broker)
      const { bytesFromServer, bytesToServer } = before
      expect(broker.stats().default).toMatchObject({
        bytesFromServer: bytesFromServer + 1000,
        bytesToServer: bytesToServer + 1000,
      })
    },
  )

  test('and claims to have held a lease for weeks has held it since it has the socket', async () => {
    const { broker, port } = await handedOver()
    const reopened = { heldMillis: 2 ** 31 - 1, request }
    port.postMessage({ back: 'destroy', session: 'unknown', reopened })
    await untilQuiet(broker)
    expect(broker.stats().default!.holdMillis.max).toBeLessThan(60_000)
  })

  test('and writes of leases of half an hour into its cell is not believed', async () => {
    const { broker, cell, port } = await handedOver()
    const words = new Int32Array(cell.memory)
    words.fill(2 ** 31 - 1, 9)
    // Two leases are over, as it says.
    words[1] = 16 + 1
    broker.stats()
    port.postMessage({ back: 'destroy', session: 'unknown' })
    await untilQuiet(broker)
    expect(broker.stats().default!.holdMillis.max).toBeLessThan(60_000)
  })

  test('and offers its descriptor again once it has closed it ends nothing but its lease', async () => {
    const { broker, cell, port, descriptor } = await handedOver()
    expect(cell.claimDescriptor()).toBe(true)
    closeSync(descriptor)
    // As it was before the claim.
    new Int32Array(cell.memory)[2] = 1
    port.postMessage({ back: 'destroy', session: 'unknown' })
    await untilQuiet(broker)
    expect(await processId(broker)).toBeGreaterThan(0)
  })

  test('keeps it for leases on its own database only', async () => {
    const { port } = await handedOver()
    const reopened = { heldMillis: 1, request: { database: 'other' } }
    port.postMessage({ back: 'release', session: 'idle', reopened })
    await once(port, 'close')
  })
})

test('memory that can grow, or is of another size, is no cell', async () => {
  const { byteLength } = new SessionCell().memory
  const growing = new (
    SharedArrayBuffer as unknown as new (
      bytes: number,
      options: object,
    ) => SharedArrayBuffer
  )(byteLength, { maxByteLength: 2 * byteLength })
  for (const cell of [growing, new SharedArrayBuffer(byteLength + 8)]) {
    const { port } = await start({}, cell)
    port.postMessage({ open: 1, request, bytes })
    expect(await nextFrame(port)).toMatchObject({ grant: 1, isAskable: false })
  }
})

function bytesOf({ bytesFromServer, bytesToServer }: ReturnType<ConnectionBroker['stats']>[string]) {
  return { bytesFromServer, bytesToServer }
}
