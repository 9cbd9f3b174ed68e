import { once } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { leaseClient } from '../../src/client/leased.js'
import { BrokerClosedError, NotAttachedError } from '../../src/common/errors.js'
import { BrokerLink } from '../../src/lease/broker-link.js'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const DATABASES = new Map([['default', undefined]])

/** A link to a broker of which the test plays the part, at each control port that the link opens. */
function start(helloMillis?: number): { link: BrokerLink; brokers: MessagePort[] } {
  const brokers: MessagePort[] = []
  const open = () => {
    const { port1, port2 } = new MessageChannel()
    brokers.push(port2)
    return port1
  }
  const link = new BrokerLink(open, helloMillis)
  closers.push(() => link.close())
  return { link, brokers }
}

/** The same, which has asked for its first hello. */
function startAsking(helloMillis?: number): { link: BrokerLink; broker: MessagePort } {
  const { link, brokers } = start(helloMillis)
  link.ready().catch(() => {})
  return { link, broker: brokers[0]! }
}

/** What Comlink calls a call. */
interface Call {
  id: string
  path: string[]
  argumentList: { value: MessagePort }[]
}

async function nextCall(broker: MessagePort): Promise<Call> {
  const [call] = await once(broker, 'message')
  return call
}

const INFO = { databases: DATABASES, showing: new Set(), naming: new Set(), traceLeases: false }

async function sayHello(broker: MessagePort): Promise<void> {
  const { id, path } = await nextCall(broker)
  expect(path).toEqual(['hello'])
  broker.postMessage({ id, type: 'RAW', value: INFO })
}

const NO_HOLDER = {
  granted() {},
  received() {},
  acknowledged() {},
  cancelled() {},
  revoked() {},
  portClosed() {},
}

test('a broker that says hello makes the link ready', async () => {
  const { link, broker } = startAsking()
  await sayHello(broker)
  expect(await link.ready()).toEqual(INFO)
  expect(link.isOpen).toBe(true)
})

test('a broker that does not answer in time is none', async () => {
  const { link } = start(1)
  const asked = link.ready()
  await expect(asked).rejects.toThrow(NotAttachedError)
  await expect(asked).rejects.toThrow('The broker did not answer within 1 ms. Call broker.attach(worker)')
  const client = leaseClient(link, {})
  await expect(client.query('SELECT 1')).rejects.toThrow(NotAttachedError)
  expect(client.isOver).toBe(true)
})

test('a broker that has not answered is asked again by the next lease, at a port of its own', async () => {
  const { link, brokers } = start()
  const asked = link.ready()
  brokers[0]!.close()
  await expect(asked).rejects.toThrow(NotAttachedError)
  const again = link.ready()
  expect(link.ready()).toBe(again)
  await sayHello(brokers[1]!)
  expect(await again).toMatchObject({ databases: DATABASES })
  expect(brokers).toHaveLength(2)
})

test('a broker that closes before it answers is none', async () => {
  const { link, brokers } = start()
  const asked = link.ready()
  brokers[0]!.close()
  await expect(asked).rejects.toThrow('The broker has closed')
  const query = leaseClient(link, {}).query('SELECT 1')
  brokers[1]!.close()
  await expect(query).rejects.toMatchObject({ code: 'PGLEASE_NOT_ATTACHED' })
})

test('a lease on a link that has closed since is told at once that the broker has closed', async () => {
  const { link, broker } = startAsking()
  await sayHello(broker)
  await link.ready()
  broker.close()
  await expect.poll(() => link.isOpen, { timeout: 10_000 }).toBe(false)
  await expect(leaseClient(link, {}).query('SELECT 1')).rejects.toThrow(BrokerClosedError)
})

test('a port that its broker has closed while it was free is not used again', async () => {
  const { link, broker } = startAsking()
  await sayHello(broker)
  await link.ready()
  const call = nextCall(broker)
  const port = link.takePort()
  port.open(NO_HOLDER, { database: 'default' }, new Uint8Array(1))
  const theirs = (await call).argumentList[0]!.value
  port.end('release')
  expect(link.takePort()).toBe(port)
  port.open(NO_HOLDER, { database: 'default' }, new Uint8Array(1))
  port.end('release')
  theirs.close()
  await expect.poll(() => port.isOpen, { timeout: 10_000 }).toBe(false)
  expect(link.takePort()).not.toBe(port)
})
