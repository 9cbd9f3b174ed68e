import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { MessagePort } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyValue } from '../support/any-value.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/any-value.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** How a value comes back from a task. */
const WAYS: [string, (value: unknown, executor: ReturnType<typeof start>) => Promise<unknown>][] = [
  ['returns', (value, executor) => executor.run(value, { name: 'returns' })],
  ['throws', (value, executor) => caught(executor.run(value, { name: 'throws' }))],
  ['rejects with', (value, executor) => caught(executor.run(value, { name: 'rejects' }))],
  [
    'reports as progress',
    (value, executor) =>
      new Promise((resolve, reject) => {
        executor.run(value, { name: 'reports', onProgress: resolve }).catch(reject)
      }),
  ],
  [
    'posts to its parent',
    async (value, executor) => {
      const posted = new Promise((resolve) => executor.once('message', resolve))
      await executor.run(value, { name: 'posts' })
      return posted
    },
  ],
]

function start() {
  return lending.executor<Tasks>(lending.broker(), 'any-value.js')
}

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable(),
    (thrown) => thrown,
  )
}

test.each(WAYS)('whatever a task %s arrives as it is', async (_how, send) => {
  const executor = start()
  const values = fc.asyncProperty(anyValue(), async (value) => {
    // It goes to the task, and comes back.
    const expected = structuredClone(structuredClone(value))
    const arrived = await send(value, executor)
    expect(isDeepStrictEqual(arrived, expected), `${fc.stringify(arrived)} came`).toBe(true)
  })
  await fc.assert(values, { numRuns: 300 })
})

test('memory that threads share is the same after a task has returned, thrown, reported or posted it', async () => {
  const executor = start()
  for (const [, send] of WAYS) {
    const value = { cells: new Int32Array(new SharedArrayBuffer(4)) }
    const arrived = (await send(value, executor)) as typeof value
    Atomics.store(arrived.cells, 0, 7)
    expect(Atomics.load(value.cells, 0)).toBe(7)
  }
})

test('a message that is like the request of a thread for its port, port and all, arrives as it is', async () => {
  const broker = lending.broker()
  const executor = lending.executor<Tasks>(broker, 'any-value.js')
  const worker = lending.worker(broker, 'posts-port.js')
  const messages = [once(executor, 'message'), once(worker, 'message')]
  await executor.run(undefined, { name: 'postsPort' })
  for (const [message] of await Promise.all(messages)) {
    expect(message).toEqual({
      '@pglease/attach': expect.any(MessagePort),
      threadId: expect.any(Number),
      token: 'mine',
    })
    message['@pglease/attach'].close()
  }
})
