import { PassThrough } from 'node:stream'
import pg from 'pg'
import { expect, test } from 'vitest'
import { LeaseConnection } from '../../src/client/lease-connection.js'

/** Whatever is asked of it or called on it gives the same. */
const anything: object = new Proxy(() => {}, {
  get: (_, property) => {
    if (property === 'then') return undefined
    return property === Symbol.toPrimitive ? () => 'anything' : anything
  },
  apply: () => anything,
})

/** A stream in the place of a lease's, and the server's last words. */
const stream = (lastWords: Error[] = []) =>
  Object.assign(new PassThrough(), {
    ends: (word: Error) => void lastWords.push(word),
    keptStatements: undefined,
    likelyStatements: undefined,
    send: () => true,
  })

/** A connection, and what its client was told, one entry for each message. */
function start() {
  const connection = new LeaseConnection(stream(), () => 'lease')
  const told: unknown[] = []
  connection.client = Object.assign(Object.create(pg.Client.prototype), {
    emit: (...values: unknown[]) => told.push(values),
  })
  return { connection, told }
}

test('the client is told of whatever pg registers listeners for', () => {
  const registered: string[] = []
  const untyped = pg.Client.prototype as unknown as { _attachListeners(connection: object): void }
  untyped._attachListeners({ on: (name: string) => registered.push(name) })
  expect(registered.length).toBeGreaterThan(15)
  for (const name of registered) {
    const asked: unknown[] = []
    const connection = new LeaseConnection(stream(), () => 'lease')
    const note = (_: object, property: unknown) => asked.push(property) > 0 && anything
    const client = new Proxy({}, { get: note, set: (...call) => note(call[0], call[1]) !== false })
    connection.client = client as never
    connection.emit(name, { error: new Error(name) })
    expect(asked.length, name).toBeGreaterThan(0)
  }
})

test('the client hears of a message before others do, and they hear of it as well', () => {
  const connection = new LeaseConnection(stream(), () => 'lease')
  const order: string[] = []
  const client = Object.assign(Object.create(pg.Client.prototype), { emit: () => order.push('client') })
  connection.client = client
  connection.on('notice', () => order.push('listener'))
  connection.emit('notice', { text: '' })
  expect(order).toEqual(['client', 'listener'])
})

test('what is no message of the server goes to its listeners alone', () => {
  const { connection, told } = start()
  const heard: unknown[] = []
  connection.on('end', () => heard.push('end'))
  connection.emit('end')
  expect([told, heard]).toEqual([[], ['end']])
})

test('once it has let go nobody is told of anything, and an error harms nobody', () => {
  const { connection, told } = start()
  connection.on('dataRow', () => told.push('listener'))
  connection.letGo()
  connection.emit('dataRow', {})
  expect(connection.emit('error', new Error('late'))).toBe(true)
  expect(told).toEqual([])
})

/** An ErrorResponse of these fields. */
function refusal(...fields: string[]): Buffer {
  const body = Buffer.from(`${fields.map((field) => `${field}\0`).join('')}\0`)
  const header = Buffer.from('E\0\0\0\0')
  header.writeInt32BE(body.byteLength + 4, 1)
  return Buffer.concat([header, body])
}

const SHUTDOWN = ['C57P01', 'Mterminating connection due to administrator command']

test.each([
  ['in English', ['SFATAL', 'VFATAL', ...SHUTDOWN], true],
  ['in another language', ['SВАЖНО', 'VFATAL', ...SHUTDOWN], true],
  ['of an old server', ['SFATAL', ...SHUTDOWN], true],
  ['of a panic', ['SPANIC', 'VPANIC', 'CXX000', 'Mwhat now'], true],
  ['of a mere error', ['SERROR', 'VERROR', 'C22012', 'Mdivision by zero'], false],
  ['of an error that speaks of it', ['SERROR', 'VERROR', 'CP0001', 'MVFATAL', 'DSFATAL'], false],
])('an error %s ends the stream if the server closes behind it', async (_, fields, isLast) => {
  const lastWords: Error[] = []
  const lease = stream(lastWords)
  const connection = new LeaseConnection(lease, () => 'lease')
  const heard: Error[] = []
  connection.on('errorMessage', (error: Error) => heard.push(error))
  connection.client = Object.assign(Object.create(pg.Client.prototype), { _handleErrorMessage() {} })
  connection.attachListeners(lease)
  lease.write(refusal(...fields))
  await expect.poll(() => lastWords.length + heard.length, { timeout: 10_000 }).toBe(1)
  expect([lastWords.length, heard.length]).toEqual(isLast ? [1, 0] : [0, 1])
  expect([...lastWords, ...heard][0]).toMatchObject({
    code: fields.find((each) => each[0] === 'C')!.slice(1),
  })
})
