import { LeaseLostError, ProtocolError } from '@pglease/client'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { message } from '../../../../client/test/protocol/wire.js'
import { createTestDatabase } from '../../support/database.js'
import { FakeServer, READY } from '../../support/fake-server.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { randomFrom } from '../../support/random.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const lending = new Lending(await createTestDatabase())

const int16 = (value: number) => Buffer.from(Uint16Array.of(value & 0xffff).buffer).swap16()
const int32 = (value: number) => Buffer.from(Int32Array.of(value).buffer).swap32()
const bytes = (...parts: (Buffer | string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))))

/** Of one column of text. */
const COLUMN = bytes('column\0', int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0))
const DESCRIPTION = message('T', bytes(int16(1), COLUMN))
const DONE = bytes(message('C', 'SELECT 1\0'), READY)
const row = (...parts: (Buffer | string | number)[]) =>
  bytes(DESCRIPTION, message('D', bytes(...parts)), DONE)
const answer = (type: string, ...parts: (Buffer | string | number)[]) =>
  bytes(message(type, bytes(...parts)), DONE)
/** A message that lies about its own length. */
const lying = (type: string, length: number) => bytes(DESCRIPTION, type, int32(length), DONE)

/** Another on each path, each with a part of the rounds. */
const SEED = 20_260_102 + (inject('relayed') ? 1 : inject('overTls') ? 2 : 0)
const ROUNDS = 60

/** Bytes of honest answers, some of them another's: changed, left out, doubled, or cut off. */
function garbled(random: () => number): Buffer {
  const any = (count: number) => Math.floor(random() * count)
  const parts = [
    DESCRIPTION,
    message('D', bytes(int16(1), int32(5), 'value')),
    message('E', 'SERROR\0C42P01\0Mno table\0\0'),
    message('N', 'SNOTICE\0Mlook\0\0'),
    message('A', bytes(int32(7), 'channel\0payload\0')),
    message('S', 'TimeZone\0UTC\0'),
    message('H', bytes(0, int16(1), int16(0))),
    message('d', 'copied'),
    message('C', 'SELECT 1\0'),
    READY,
  ]
  const said = Buffer.concat(Array.from({ length: 1 + any(8) }, () => parts[any(parts.length)]!))
  for (let count = any(4); count > 0; count--) said[any(said.length)] = [0, 1, 255, any(256)][any(4)]!
  return said.subarray(0, random() < 0.3 ? any(said.length + 1) : said.length)
}

test('whatever a server says, each query has an end, and the thread goes on', async () => {
  const random = randomFrom(SEED)
  const server = await FakeServer.start({
    toQuery: (text) => (text === 'garble' ? garbled(random) : DONE),
    // What is cut off would be waited for.
    endsBehind: (text) => text === 'garble',
  })
  lending.closeAfterTest(() => server.close())
  const broker = lending.broker({
    connectionString: server.connectionString,
    max: 2,
    cancelTimeoutMillis: 500,
  })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const thread = await executor.run(undefined, { name: 'thread' })
  // An honest answer leaves a connection that the server closes, perhaps under the next query.
  const goOn = async (): Promise<unknown> => {
    try {
      return await executor.run('go on', { name: 'runs' })
    } catch (error) {
      expect(error).toBeInstanceOf(LeaseLostError)
      return goOn()
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    await executor.run('garble', { name: 'runs' }).catch((error) => expect(error).toBeInstanceOf(Error))
    expect(await goOn(), `round ${round} of seed ${SEED}`).toBeUndefined()
  }
  expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
}, 120_000)

test('a server that answers a cancel, with what no server should say, stalls nobody', async () => {
  const toQuery = (text: string) => (text === 'never' ? Buffer.alloc(0) : DONE)
  const server = await FakeServer.start({ toQuery, toCancel: message('E', 'SERROR\0Mfailed') })
  lending.closeAfterTest(() => server.close())
  const broker = lending.broker({
    connectionString: server.connectionString,
    max: 1,
    cancelTimeoutMillis: 200,
  })
  const lost = broker.withConnection(async (client) => {
    client.query('never').catch(() => {})
    await until(() => server.queries.includes('never'), 'for the query to come')
    client.cancelQuery()
    await until(() => server.cancels > 0, 'for the cancel to come')
    throw new Error('enough')
  })
  await expect(lost).rejects.toThrow('enough')
  await broker.withConnection((client) => client.query('go on'))
  expect(broker.stats().default).toMatchObject({ opened: 2, cancels: expect.any(Number) })
})

describe('a server that says what no server should costs the lease and nothing else:', () => {
  let server: FakeServer
  beforeAll(async () => {
    server = await FakeServer.start()
  })
  afterAll(() => server.close())

  const shared = lending.shared(() => {
    const { connectionString } = server
    const broker = lending.broker({ connectionString, max: 1, cancelTimeoutMillis: 500 })
    return { broker, executor: lending.executor<Tasks>(broker, 'manners/basics.js') }
  })

  test.each<[string, Buffer]>([
    ['a value longer than its row', row(int16(1), int32(1000), 'short')],
    ['a value longer by one byte', row(int16(1), int32(6), 'short')],
    ['a value of a length that is negative', row(int16(1), int32(-2), 'short')],
    ['a value of the longest length', row(int16(1), int32(0x7fffffff), 'short')],
    ['a value of the least length', row(int16(1), int32(-0x80000000), 'short')],
    ['a row with more values than it holds', row(int16(3), int32(-1))],
    ['a row with a negative number of values', row(int16(-1))],
    ['a row without its number of values', row()],
    ['a row with half of that', row(0)],
    ['a row that ends in a length', row(int16(2), int32(-1), 0, 0)],
    ['a description of more columns than it holds', answer('T', int16(2), COLUMN)],
    ['a description of fewer than no columns', answer('T', int16(-1))],
    ['a description that ends in a name', answer('T', int16(1), 'column')],
    ['a description that ends behind a name', answer('T', int16(1), 'column\0', int32(0))],
    ['a description of nothing', answer('T')],
    ['an error without an end', answer('E', 'SERROR\0Mfailed\0')],
    ['an error whose last field has no end', answer('E', 'SERROR\0Mfailed')],
    ['an error of nothing', answer('E')],
    ['a notice without an end', answer('N', 'SNOTICE\0Mlook\0')],
    ['a notice of nothing', answer('N')],
    ['a setting without a value', answer('S', 'TimeZone\0')],
    ['a setting without an end', answer('S', 'TimeZone')],
    ['a notification without its process', answer('A', 0, 0)],
    ['a notification without a payload', answer('A', int32(1), 'channel\0')],
    ['a tag without an end', answer('C', 'SELECT 1')],
    ['an end without a status', answer('Z')],
    ['a COPY in of more columns than it tells of', answer('G', 0, int16(3), int16(0))],
    ['a COPY in of fewer than none', answer('G', 0, int16(-5))],
    ['a COPY out without its columns', answer('H', 0)],
    ['parameters that are not there', answer('t', int16(2), int32(23))],
    ['fewer parameters than none', answer('t', int16(-1))],
    ['a message of no length', lying('D', 0)],
    ['a message shorter than its length', lying('D', 3)],
    ['a message of a negative length', lying('D', -5)],
    ['a message of two gigabytes', lying('D', 0x7fffffff)],
    ['copied data of a negative length', lying('d', -1)],
    ['a message that there is not', answer('y', 'what?')],
    ['a message of the start', answer('R', int32(0))],
    ['something else altogether', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s', async (_what, bad) => {
    const { broker, executor } = shared()
    server.answers = { toQuery: (text) => (text === 'break' ? bad : DONE) }
    const thread = await executor.run(undefined, { name: 'thread' })
    // Each begins on a connection of its own.
    await broker.recycle('default')
    await until(() => server.connections === 0, 'for the connection to be closed')
    const before = broker.stats().default!
    const error = await executor.run('break', { name: 'runs' }).catch((error) => error)
    expect(error).toBeInstanceOf(ProtocolError)
    // By the same thread, on another connection.
    expect(await executor.run('go on', { name: 'runs' })).toBeUndefined()
    expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
    await untilQuiet(broker)
    await until(() => server.connections === 1, 'for the first connection to be closed')
    const { opened, total, handedOver } = broker.stats().default!
    expect({ opened, total }).toEqual({ opened: before.opened + 2, total: 1 })
    if (getSockets || inject('relayed')) expect(handedOver > before.handedOver).toBe(!inject('relayed'))
  })
})
