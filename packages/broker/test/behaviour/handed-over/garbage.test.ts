import { once } from 'node:events'
import { type GrantFrame, queryMessage, SessionCell, SessionTracker } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { hear, hearNothingMore, LEASES } from '../../support/heard.js'
import { processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { nextFrame, RawThread } from '../../support/raw-thread.js'
import { getSockets } from '../../support/sockets.js'

const database = await createTestDatabase()
const lending = new Lending(database)
hearNothingMore()

const request = { database: 'default' }
const bytes = new Uint8Array(queryMessage('SELECT 1'))

/** A lease whose thread has the socket, and has looked at nothing. */
async function handedOver() {
  const broker = lending.broker({ max: 1, cancelTimeoutMillis: 200 })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  const cell = new SessionCell()
  const port = await thread.leasePort(cell.memory)
  port.postMessage({ open: 1, request, bytes })
  const grant = (await nextFrame(port)) as GrantFrame
  expect(grant).toMatchObject({ grant: 1, socket: { keepMillis: 500 } })
  return { broker, port, cell, processId: grant.processId }
}

const whole = () => new SessionTracker().save()
const back = (session: unknown, more = {}) => ({ back: 'release', session, ...more })
const reopened = (heldMillis: unknown, wanted: unknown = request) =>
  back('untouched', { reopened: { heldMillis, request: wanted } })

describe.skipIf(!getSockets)('a thread that has the socket', () => {
  test.each<[string, unknown]>([
    ['a return without a session', { back: 'release' }],
    ['a return in an unknown way', { back: 'keep', session: 'idle' }],
    ['a return of a session in an unknown state', back('fine')],
    ['a return of a session that is null', back(null)],
    ['a return of an empty session', back({})],
    ['a return of a snapshot without points', back({ ...whole(), conversation: { known: true } })],
    ['a return of a snapshot with words for numbers', back({ ...whole(), frontend: 'held' })],
    ['a return behind a reset, with a word for bytes', back({ behindReset: 'SELECT 1' })],
    ['a return of a reopened lease without its time', back('idle', { reopened: { request } })],
    ['a return of a reopened lease without its request', reopened(1, null)],
    ['a return of a reopened lease that nobody would grant', reopened(1, { isolationLevel: {}, task: 7 })],
    ['a return of a reopened lease of no database', reopened(1, {})],
    ...['task', 'openedAt', 'isolationLevel', 'priority', 'connectionTimeoutMillis'].map(
      (option): [string, unknown] => [
        `bytes to send again for a lease with a ${option} that is none`,
        {
          again: new Uint8Array(),
          reopened: { heldMillis: 1, request: { ...request, [option]: { toString: 1, valueOf: 1 } } },
        },
      ],
    ),
    ['a socket that is kept in another way', { kept: 1 }],
    ['no bytes to send again', { again: 'SELECT 1' }],
    ['an opening of another lease', { open: 2, request, bytes }],
  ])('loses its lease and its connection for %s', async (_what, garbage) => {
    const { broker, port } = await handedOver()
    port.postMessage(garbage)
    expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name: 'ProtocolError' } })
    await once(port, 'close')
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 0, closed: { destroyed: 1 } })
    expect(await processId(broker)).toBeGreaterThan(0)
  })

  const { frontend, backend, conversation } = whole()
  test.each<[string, object]>([
    ['a transaction status that is none', { conversation: { ...conversation, transaction: 'X' } }],
    ['a copy that goes nowhere', { conversation: { ...conversation, copy: 'sideways' } }],
    ['points that are none', { conversation: { ...conversation, points: [-1, 99, 2 ** 40] } }],
    ['answers that nobody owes', { conversation: { ...conversation, points: [0, 0, 0] } }],
    ['more of a message than it has', { backend: { ...backend, held: 5, length: 9, missing: -100 } }],
    ['a part of a byte missing', { backend: { ...backend, held: 5, length: 9, missing: 0.5 } }],
    ['half a message sent', { frontend: { ...frontend, held: 3 } }],
    ['numbers that are none', { backend: { ...backend, held: Number.NaN, missing: Number.NaN } }],
    ['other things besides', { conversation: { ...conversation, request: 1, owed: 5, answered: false } }],
  ])('may tell of a session with %s, and the next lease is not harmed', async (_what, part) => {
    const { broker, port } = await handedOver()
    port.postMessage(back({ ...whole(), ...part }))
    expect(await processId(broker)).toBeGreaterThan(0)
    await untilQuiet(broker)
  })

  test.each<[string, unknown[]]>([
    ['has held a reopened lease for no number', [reopened(Number.NaN)]],
    ['has held a reopened lease without end', [reopened(Number.POSITIVE_INFINITY)]],
    ['has sent what is no message behind a reset', [back({ behindReset: Uint8Array.of(1, 2, 3) })]],
    ['wants to send again what is no message', [{ again: Uint8Array.of(1, 2, 3) }]],
  ])('that claims that it %s harms nobody else', async (_what, frames) => {
    const { broker, port } = await handedOver()
    for (const frame of frames) port.postMessage(frame)
    port.close()
    expect(await processId(broker)).toBeGreaterThan(0)
    await untilQuiet(broker)
  })

  test.each([0x7fffffff, -0x80000000, -1])(
    'that writes %d all over the memory that it shares harms nobody else',
    async (garbage) => {
      const { broker, port, cell } = await handedOver()
      const heard = hear(...LEASES)
      new Int32Array(cell.memory).fill(garbage)
      for (let count = 0; count < 3; count++) {
        expect(broker.stats().default).toMatchObject({ total: 1 })
        expect(broker.leases()).toMatchObject([{ database: 'default', processId: expect.any(Number) }])
      }
      // Of not more leases than a thread can begin unseen, each time that somebody looks.
      expect(heard.length).toBeLessThan(10_000)
      port.close()
      expect(await processId(broker)).toBeGreaterThan(0)
      await untilQuiet(broker)
    },
  )
})
