import { once } from 'node:events'
import { queryMessage, SessionCell } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import type { BrokerWarning, ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold, processId } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { nextFrame, type RawLeasePort, RawThread } from '../support/raw-thread.js'
import { getSockets } from '../support/sockets.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const request = { database: 'default' }
const bytes = new Uint8Array(queryMessage('SELECT 1'))

interface Started {
  readonly broker: ConnectionBroker
  readonly thread: RawThread
  readonly port: RawLeasePort
  readonly warnings: BrokerWarning[]
}

/** A lease port that carries no lease yet. */
async function start(cell?: SharedArrayBuffer): Promise<Started> {
  const broker = lending.broker({ max: 1 })
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return { broker, thread, port: await thread.leasePort(cell), warnings }
}

/** The ways in which a port comes to be in a state, as far as its thread knows. */
const STATES = {
  async 'without a lease'() {
    return await start()
  },
  async 'whose lease waits'() {
    const started = await start()
    const held = await hold(started.broker)
    lending.closeAfterTest(() => held.release())
    started.port.postMessage({ open: 1, request, bytes })
    return started
  },
  async 'whose lease is relayed'() {
    const started = await start()
    started.port.postMessage({ open: 1, request, bytes })
    expect(await nextFrame(started.port)).toMatchObject({ grant: 1, isAskable: false })
    return started
  },
  async 'whose thread has the socket'() {
    const started = await start(new SessionCell().memory)
    started.port.postMessage({ open: 1, request, bytes })
    expect(await nextFrame(started.port)).toMatchObject({ grant: 1, socket: { keepMillis: 500 } })
    return started
  },
}

const back = { back: 'release', session: 'idle' }
const more: Record<string, unknown> = {
  bytes,
  'an acknowledgement': 1,
  'the largest acknowledgement': Number.MAX_SAFE_INTEGER,
  'the opening of a lease': { open: 2, request, bytes },
  'a wish for the socket': { ask: bytes },
  'bytes to send again': { again: bytes },
  'a return': back,
  'cancel and tell': 'cancel and tell',
}

const NEVER: Record<keyof typeof STATES, string[]> = {
  'without a lease': Object.keys(more).filter((what) => what !== 'the opening of a lease'),
  'whose lease waits': Object.keys(more).filter((what) => !['bytes', 'a wish for the socket'].includes(what)),
  'whose lease is relayed': [
    ...['the largest acknowledgement', 'the opening of a lease', 'bytes to send again', 'a return'],
    'cancel and tell',
  ],
  'whose thread has the socket': [
    ...['bytes', 'an acknowledgement', 'the largest acknowledgement', 'the opening of a lease'],
    'a wish for the socket',
  ],
}

/** The port is closed, its lease has ended, and that is told of once, with the thread's name. */
async function expectCutOff({ broker, port, warnings }: Started): Promise<void> {
  await once(port, 'close')
  expect(warnings).toEqual([
    {
      code: 'PGLEASE_PROTOCOL_VIOLATION',
      holder: 'thread 99',
      message: expect.stringMatching(/^thread 99 has posted .*lease port/),
    },
  ])
  if (broker.stats().default!.leased === 0) expect(await processId(broker)).toBeGreaterThan(0)
}

const states = (Object.keys(STATES) as (keyof typeof STATES)[]).filter(
  (state) => getSockets || state !== 'whose thread has the socket',
)

describe.each(states)('a port %s', (state) => {
  test.each(NEVER[state])('is closed for a frame that may not come then: %s', async (what) => {
    const started = await STATES[state]()
    started.port.postMessage(more[what])
    await expectCutOff(started)
  })

  test('is closed for bytes that the thread could change behind the broker’s back', async () => {
    const started = await STATES[state]()
    started.port.postMessage(new Uint8Array(new SharedArrayBuffer(8)))
    await expectCutOff(started)
  })

  test('may be told twice that the lease is over, or to cancel', async () => {
    const { thread, port, warnings } = await STATES[state]()
    for (const frame of ['cancel', 'cancel', 'release', 'release', 'destroy', 'cancel'])
      port.postMessage(frame)
    await thread.leasePort()
    await thread.call('hello')
    expect(warnings).toEqual([])
  })
})

test('a thread that has not heard yet that its lease is over is not blamed for what it posts', async () => {
  const { broker, port, warnings } = await STATES['whose lease is relayed']()
  await broker.recycle('default', { force: true })
  for (const frame of [bytes, { ask: bytes }, 'cancel']) port.postMessage(frame)
  expect(await nextFrame(port)).toMatchObject({ revoke: 1, error: { name: 'LeaseRevokedError' } })
  port.postMessage('release')
  port.postMessage({ open: 2, request, bytes })
  expect(await nextFrame(port)).toMatchObject({ grant: 2 })
  port.postMessage('release')
  await untilQuiet(broker)
  expect(warnings).toEqual([])
})

test('a thread is warned of once, however many of its ports it spoils', async () => {
  const started = await start()
  const ports = [started.port, await started.thread.leasePort(), await started.thread.leasePort()]
  const closed = ports.map((port) => once(port, 'close'))
  for (const port of ports) port.postMessage('garbage')
  await Promise.all(closed)
  expect(started.warnings).toHaveLength(1)
})

test('what is for no lease port ends all that the thread has of the broker', async () => {
  const started = await STATES['whose lease is relayed']()
  const other = await started.thread.leasePort()
  const closed = [started.port, other].map((port) => once(port, 'close'))
  const leases = await started.thread.leases()
  leases.postMessage('garbage')
  await Promise.all([...closed, started.thread.closed])
  await untilQuiet(started.broker)
  expect(started.warnings).toMatchObject([{ code: 'PGLEASE_PROTOCOL_VIOLATION', holder: 'thread 99' }])
  expect(await processId(started.broker)).toBeGreaterThan(0)
})

test('a listener of the warnings is given the true number of an attached thread', async () => {
  const broker = lending.broker()
  const warned = once(broker, 'warning')
  const worker = lending.worker(broker, 'breaks-control-port.js')
  const { threadId } = worker
  const [warning] = await warned
  expect(warning).toMatchObject({ code: 'PGLEASE_PROTOCOL_VIOLATION', holder: `thread ${threadId}` })
})
