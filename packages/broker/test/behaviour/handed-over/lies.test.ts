import { closeSync, writeSync } from 'node:fs'
import { type GrantFrame, queryMessage, SessionCell, SessionTracker } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker, DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { nextFrame, RawThread } from '../../support/raw-thread.js'
import { getSockets } from '../../support/sockets.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** What a session would be that is in a transaction, and has nothing to answer. */
function inTransaction() {
  const session = new SessionTracker().save()
  session.conversation.transaction = 'T'
  return session
}

/** A thread has the socket, sends these queries, reads nothing, and says that its session is another than it is. */
async function lie(broker: ConnectionBroker, queries: readonly string[], session: unknown): Promise<void> {
  const thread = new RawThread(broker)
  const cell = new SessionCell()
  const port = await thread.leasePort(cell.memory)
  const [first, ...more] = queries.map((query) => new Uint8Array(queryMessage(query)))
  port.postMessage({ open: 1, request: { database: 'default' }, bytes: first })
  const { socket } = (await nextFrame(port)) as GrantFrame
  expect(cell.claimDescriptor()).toBe(true)
  for (const query of more) writeOn(socket!.descriptor, query)
  closeSync(socket!.descriptor)
  port.postMessage({ back: 'release', session })
  await thread.call('hello')
  thread.close()
}

/** Of a connection with TLS the server thinks that somebody else writes: it may have hung up. */
function writeOn(descriptor: number, bytes: Uint8Array): void {
  try {
    writeSync(descriptor, bytes)
  } catch (error) {
    if (!['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code!)) throw error
  }
}

const ANSWER = 'SELECT 42 AS answer'

const ask = (broker: ConnectionBroker) => broker.withConnection(async (db) => (await db.query(ANSWER)).rows)

/** A lease may be lost with a connection that somebody has spoilt, but nobody reads the answers to another's queries. */
async function expectRight(answer: Promise<unknown[]>): Promise<void> {
  const outcome = await answer.catch((error: { code: string }) => error.code)
  if (typeof outcome === 'string') expect(outcome).toBe('PGLEASE_LEASE_LOST')
  else expect(outcome).toEqual([{ answer: 42 }])
}

const QUERIES = [
  ['SELECT 1'],
  ['CREATE TABLE IF NOT EXISTS lies ()'],
  ['DISCARD ALL'],
  ['ROLLBACK'],
  ['BEGIN'],
  ['BEGIN', 'SELECT 1'],
  ['BEGIN', 'SELECT 1/0'],
  ['SELECT 1/0'],
  [''],
  ['SELECT pg_sleep(0.05)'],
  ['SET client_min_messages = debug1', 'DISCARD ALL'],
  ['SELECT 1', 'ROLLBACK', 'DISCARD ALL', 'DISCARD ALL'],
]

const SESSIONS: [string, () => unknown][] = [
  ['is idle', () => 'idle'],
  ['was not touched', () => 'untouched'],
  ['is in a transaction', inTransaction],
]

const OPTIONS: [string, DatabaseOptions][] = [
  ['with the reset ahead', {}],
  ['with a reset of its own', { resetQuery: 'RESET ALL; SELECT pg_advisory_unlock_all()' }],
  ['with settings of its own', { onConnect: (client) => client.query("SET search_path = 'public'") }],
]

describe.skipIf(!getSockets).each(OPTIONS)(
  'after a thread has lied, on a database %s',
  (_database, options) => {
    /** What one lie has done to it would be seen by those behind, too. */
    const shared = lending.shared(() => ({
      broker: lending.broker({ max: 1, cancelTimeoutMillis: 1000, ...options }),
    }))

    describe.each(SESSIONS)('and said that its session %s', (_said, session) => {
      test.each(QUERIES.map((queries) => [queries.join('; '), queries] as const))(
        'while it had sent "%s", the next lease reads its own answers only',
        async (_sent, queries) => {
          const { broker } = shared()
          await lie(broker, queries, session())
          await expectRight(ask(broker))
          expect(await ask(broker)).toEqual([{ answer: 42 }])
          await untilQuiet(broker)
        },
      )
    })

    test('the next thread reads its own answers only as well', async () => {
      const broker = lending.broker({ max: 1, cancelTimeoutMillis: 1000, ...options })
      const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
      for (const queries of QUERIES) {
        await lie(broker, queries, 'idle')
        await expectRight(executor.run(ANSWER, { name: 'rowsOf' }))
        expect(await executor.run(ANSWER, { name: 'rowsOf' })).toEqual([{ answer: 42 }])
      }
    })
  },
)
