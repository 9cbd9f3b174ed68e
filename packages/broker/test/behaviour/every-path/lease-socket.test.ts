import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type Tasks = typeof import('../../tasks/lease-socket.js')

/** One thread and one connection: what a socket keeps, the next cannot have. */
const start = lending.renewed(() => {
  const broker = lending.broker({ max: 1 }, { replica: { max: 1 } })
  return { broker, executor: lending.executor<Tasks>(broker, 'lease-socket.js') }
})

test('a lease socket is a session for a client that knows nothing of leases', async () => {
  const { broker, counts, executor } = await start()
  const input = { isolationLevel: 'serializable' as const }
  const seen = { rows: [{ n: 7, isolation: 'serializable' }], failed: '42703' }
  expect(await executor.run(input, { name: 'queries' })).toEqual(seen)
  expect(await executor.run(input, { name: 'queries' })).toEqual(seen)
  await untilQuiet(broker)
  expect(counts()).toMatchObject({ leases: 2, opened: 1 })
})

test('it leases the database that it is asked for, whatever the client names', async () => {
  const { counts, executor } = await start()
  await executor.run({ database: 'replica' }, { name: 'queries' })
  expect([counts().leases, counts('replica').leases]).toEqual([0, 1])
})

test('it leases nothing before its first query', async () => {
  const { counts, executor } = await start()
  await executor.run(undefined, { name: 'onlyConnects' })
  expect(counts()).toMatchObject({ leases: 0, opened: 0 })
})

test.each([1, 2, 7, 1000])('it understands a client that writes %i bytes at a time', async (bytes) => {
  const { broker, counts, executor } = await start()
  const encryptionRefused = 'N'
  const started = 'RSSSKZ'
  expect(await executor.run(bytes, { name: 'talks' })).toBe(`${encryptionRefused}${started}TDCZZ`)
  await untilQuiet(broker)
  // The goodbye has not closed the connection.
  expect(counts()).toMatchObject({ leases: 1, opened: 1 })
  expect(broker.stats().default!.idle).toBe(1)
})

test('a second socket cancels the query of the first, if it has the key', async () => {
  const { broker, counts, executor } = await start()
  const mayCancel = new Int32Array(new SharedArrayBuffer(4))
  const run = executor.run({ mayCancel }, { name: 'isCancelled' })
  await untilRunning(database)
  Atomics.store(mayCancel, 0, 1)
  expect(await run).toEqual({ answers: ['', ''], code: '57014', rows: [{ one: 1 }] })
  await untilQuiet(broker)
  expect(counts()).toMatchObject({ leases: 1, opened: 1 })
})

test.each(['end', 'destroy', 'goodbye', 'goodbye and end'])(
  'its lease is over with its %s, and so is the transaction',
  async (how) => {
    const { broker, counts, executor } = await start()
    expect(await executor.run(how, { name: 'ends' })).toEqual(['open', 'closed'])
    await untilQuiet(broker)
    expect(counts()).toMatchObject({ leases: 1, opened: 1, rollbacks: 1 })
    expect(broker.stats().default!.idle).toBe(1)
  },
)

describe('a start-up', () => {
  test.each([
    {},
    { database: 'nowhere', application_name: 'x', client_encoding: 'UTF8' },
    { client_encoding: "'utf-8'" },
  ])('%j leaves the session as the broker has it', async (parameters) => {
    const { executor } = await start()
    const run = executor.run({ parameters, ends: true }, { name: 'starts' })
    expect(await run).toMatch(/^R/)
  })

  test.each([{ statement_timeout: '5' }, { client_encoding: 'LATIN1' }, { replication: 'true' }])(
    'that asks for %j is refused',
    async (parameters) => {
      const { counts, executor } = await start()
      const [name] = Object.keys(parameters)
      const said = await executor.run({ parameters, ends: false }, { name: 'starts' })
      expect(said).toMatch(/^E/)
      expect(said).toContain('\0C0A000\0')
      expect(said).toContain(`A lease does not take ${name}`)
      expect(counts().leases).toBe(0)
    },
  )
})

test.each([
  ['what is no start-up', [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]],
  ['a start-up of another version', [0, 0, 0, 8, 0, 2, 0, 0]],
  ['a start-up with what is no message behind it', [0, 0, 0, 9, 0, 3, 0, 0, 0, 1, 2, 3]],
])('%s ends the socket and not the thread', async (_, bytes) => {
  const { broker, executor } = await start()
  expect(await executor.run(bytes, { name: 'writes' })).toMatchObject({ name: 'ProtocolError' })
  expect(await executor.run({}, { name: 'queries' })).toMatchObject({ failed: '42703' })
  await untilQuiet(broker)
})

test('it fails with the errors of a lease', async () => {
  const { broker, executor } = await start()
  const unknown = await executor.run({ database: 'nowhere' }, { name: 'waitsInVain' })
  expect(unknown).toMatchObject({ name: 'UnknownDatabaseError' })
  await broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    const late = await executor.run({ connectionTimeoutMillis: 1 }, { name: 'waitsInVain' })
    expect(late).toMatchObject({ name: 'LeaseTimeoutError' })
  })
})
