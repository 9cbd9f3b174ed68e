import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads'
import { queryMessage } from '@pglease/client/internal'
import { expect, test } from 'vitest'
import { closeBrought } from '../../src/common/brought.js'
import type { BrokerWarning } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** How many descriptors the process has of a file. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((name) => readsAs(`/proc/self/fd/${name}`, path)).length
}

function readsAs(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path
  } catch {
    return false
  }
}

const untilClosed = (path: string) =>
  until(
    () => descriptorsOf(path) === 0,
    () => 'for the file to be closed',
  )

/** A file of which only this test knows. */
function ownFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pglease-'))
  lending.closeAfterTest(async () => rmSync(folder, { recursive: true }))
  const path = join(folder, 'file')
  writeFileSync(path, 'text')
  return path
}

function start() {
  const broker = lending.broker({ max: 1 })
  const warnings: BrokerWarning[] = []
  broker.on('warning', (warning) => warnings.push(warning))
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  return { broker, thread, warnings }
}

const HELLO = { id: 'hello', type: 'APPLY', path: ['hello'], argumentList: [] }
const request = { database: 'default' }
const bytes = new Uint8Array(queryMessage('SELECT 1'))

/** Where a thread may post what has to be closed: all but the last break a rule. */
const PLACES: [string, (thread: RawThread) => Promise<MessagePort>, (value: unknown) => unknown, boolean][] =
  [
    ['itself on the control port', async ({ control }) => control, (value) => value, true],
    ['the name of a call', async ({ control }) => control, (id) => ({ ...HELLO, id }), true],
    [
      'an argument of a call',
      async ({ control }) => control,
      (value) => ({ ...HELLO, argumentList: [{ type: 'RAW', value }] }),
      false,
    ],
    ['beside a call', async ({ control }) => control, (value) => ({ ...HELLO, value }), false],
    ['in the place of a lease port’s opening', (thread) => thread.leases(), (value) => [[value]], true],
    [
      'the memory of a lease port',
      (thread) => thread.leases(),
      (cell) => ({ channel: 7, cell: [cell], more: 1 }),
      true,
    ],
    ['a frame to no lease port', (thread) => thread.leases(), (value) => [99, { value }], false],
    ['in the place of a frame', portOfOne, (value) => [1, new Map([[1, value]])], true],
    ['beside a frame', portOfOne, (more) => [1, { open: 1, request, bytes, more }], false],
    [
      'an option of a lease',
      portOfOne,
      (task) => [1, { open: 1, request: { ...request, task }, bytes }],
      false,
    ],
  ]

/** With one lease port on it. */
async function portOfOne(thread: RawThread): Promise<MessagePort> {
  await thread.leasePort()
  return thread.leases()
}

test.skipIf(process.platform !== 'linux').each(PLACES)(
  'an open file that a thread moves here as %s is closed',
  async (_, portOf, message, isBreach) => {
    const { broker, thread, warnings } = start()
    const path = ownFile()
    const port = await portOf(thread)
    const file = await open(path)
    port.postMessage(message(file), [file as unknown as TransferListItem])
    await untilClosed(path)
    thread.close()
    await broker.withConnection((client) => client.query('SELECT 1'))
    expect(warnings.map(({ code, holder }) => [code, holder])).toEqual(
      isBreach ? [['PGLEASE_PROTOCOL_VIOLATION', 'thread 99']] : [],
    )
  },
)

test.each(PLACES)('a port that a thread moves here as %s is closed', async (_, portOf, message) => {
  const { thread } = start()
  const port = await portOf(thread)
  const { port1, port2 } = new MessageChannel()
  const closed = once(port1, 'close')
  port1.start()
  port.postMessage(message(port2), [port2])
  await closed
})

test('streams that are moved here are brought to their ends', async () => {
  const cancelled = new Promise((resolve) => {
    const readable = new ReadableStream({ cancel: resolve })
    closeBrought({ readable })
  })
  const aborted = new Promise((resolve) => {
    const writable = new WritableStream({ abort: resolve })
    closeBrought([new Set([writable])])
  })
  await Promise.all([cancelled, aborted])
})

test('what is circular, sparse or large is looked at in a moment, and data is not called', () => {
  const circle: Record<string, unknown> = { close: 'data', cancel: 1, abort: null }
  circle.self = circle
  closeBrought([circle, Object.assign([], { length: 2 ** 32 - 1 }), new Uint8Array(2 ** 24), null, 1n])
})

type Tasks = typeof import('../tasks/files.js')

test.skipIf(process.platform !== 'linux')(
  'an open file that a task returns is closed when nobody waits for it any more',
  async () => {
    const path = ownFile()
    const executor = lending.executor<Tasks>(lending.broker(), 'files.js')
    const abort = new AbortController()
    executor.once('message', () => abort.abort())
    const { signal } = abort
    await expect(executor.run(path, { name: 'returnsFileLate', signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await untilClosed(path)
    const file = (await executor.run(path, { name: 'returnsFile' })) as unknown as FileHandle
    expect(await file.readFile('utf8')).toBe('text')
    await file.close()
  },
)

test.skipIf(process.platform !== 'linux')(
  'an open file that a task posts is closed when nobody listens',
  async () => {
    const path = ownFile()
    const executor = lending.executor<Tasks>(lending.broker(), 'files.js')
    await executor.run(path, { name: 'postsFile' })
    await untilClosed(path)
  },
)
