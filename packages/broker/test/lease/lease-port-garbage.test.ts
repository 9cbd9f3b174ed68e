import { once } from 'node:events'
import { queryMessage } from '@pglease/client/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { nextFrame, type RawLeasePort, RawThread } from '../support/raw-thread.js'

const database = await createTestDatabase()
const lending = new Lending(database)

function start() {
  const broker = lending.broker({ max: 1 })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return { broker, thread }
}

const request = { database: 'default' }
const bytes = new Uint8Array(queryMessage('SELECT 1'))

/** Opens a lease and waits for it. */
async function lease(port: RawLeasePort): Promise<void> {
  port.postMessage({ open: 1, request, bytes })
  const [frame] = await once(port, 'message')
  expect(frame).toMatchObject({ grant: 1 })
}

const GARBAGE: [string, unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['true', true],
  ['a bigint', 1n],
  ['zero bytes dealt with', 0],
  ['less than no bytes dealt with', -1],
  ['a part of a byte dealt with', 0.5],
  ['no number', Number.NaN],
  ['no end of bytes', Number.POSITIVE_INFINITY],
  ['an unknown word', 'commit'],
  ['an array', [1]],
  ['an empty object', {}],
  ['a map', new Map()],
  ['other bytes than a Uint8Array', new Float64Array(1)],
  ['the opening of another lease', { open: 2, request, bytes }],
  ['an opening without a request', { open: 2, bytes }],
  ['an opening with null for a request', { open: 2, request: null, bytes }],
  ['an opening without bytes', { open: 2, request }],
  ['an opening without a number', { request, bytes }],
]

test.each(GARBAGE)(
  '%s in the place of a frame ends the lease, and its connection',
  async (_what, garbage) => {
    const { broker, thread } = start()
    const port = await thread.leasePort()
    await lease(port)
    port.postMessage(garbage)
    expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name: 'ProtocolError' } })
    await once(port, 'close')
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 0, closed: { destroyed: 1 } })
    await lease(await thread.leasePort())
  },
)

test.each(GARBAGE.filter(([what]) => what !== 'the opening of another lease'))(
  '%s in the place of the first frame closes the port',
  async (_what, garbage) => {
    const { broker, thread } = start()
    const port = await thread.leasePort()
    port.postMessage(garbage)
    await once(port, 'close')
    await lease(await thread.leasePort())
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 1 })
  },
)

test.each<[string, object, string]>([
  ['an unknown database', { database: 'nowhere' }, 'UnknownDatabaseError'],
  ['no database', {}, 'UnknownDatabaseError'],
  ['a database that is no name', { database: { name: 'default' } }, 'ConfigurationError'],
  ['a name of every object', { database: '__proto__' }, 'UnknownDatabaseError'],
  ['an unknown option', { ...request, surprise: 1 }, 'ConfigurationError'],
  ['a wrong option', { ...request, priority: 'high' }, 'ConfigurationError'],
  [
    'a statement for an isolation level',
    { ...request, isolationLevel: "'; DROP TABLE x" },
    'ConfigurationError',
  ],
])('a request with %s is refused, and the port may be used again', async (_what, wrong, name) => {
  const { thread } = start()
  const port = await thread.leasePort()
  port.postMessage({ open: 1, request: wrong, bytes })
  expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name } })
  port.postMessage('release')
  await lease(port)
})

const hasNoHeader = (chunk: Uint8Array) =>
  chunk.length > 0 && !/[BCDEFHPQSXcdf]/.test(String.fromCharCode(chunk[0]!))

test('bytes that are no message of the protocol end the lease, and its connection', async () => {
  const { broker, thread } = start()
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }).filter(hasNoHeader), async (chunk) => {
      const port = await thread.leasePort()
      await lease(port)
      port.postMessage(chunk)
      expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name: 'ProtocolError' } })
      port.close()
      count++
      await untilQuiet(broker)
    }),
    { numRuns: 20 },
  )
  expect(broker.stats().default!.closed).toMatchObject({ unclean: count })
})

test('a lease whose bytes are random never breaks the next one', async () => {
  const { broker, thread } = start()
  // But for Flush: a server that refuses one waits for a Sync, and the reset for its time limit.
  const random = fc.tuple(fc.constantFrom(...'BCDEFPQScdf'), fc.uint8Array({ maxLength: 40 }))
  const message = random.map(([type, body]) => {
    const frame = Buffer.alloc(5 + body.length)
    frame.write(type, 'latin1')
    frame.writeInt32BE(4 + body.length, 1)
    frame.set(body, 5)
    return new Uint8Array(frame)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (frames) => {
      const port = await thread.leasePort()
      await lease(port)
      for (const frame of frames) port.postMessage(frame)
      port.postMessage('release')
      await broker.withConnection(async (client) => {
        const { rows } = await client.query('SELECT 42 AS answer')
        expect(rows).toEqual([{ answer: 42 }])
      })
      port.close()
    }),
    { numRuns: 40 },
  )
})
