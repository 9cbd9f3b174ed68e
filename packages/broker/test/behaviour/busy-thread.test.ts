import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending, nextMessage } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const newCell = () => new Int32Array(new SharedArrayBuffer(4))

/** Its broker has 50 ms to say hello, and who is busy is that for ten times as long. */
function start(busy?: 'thread' | 'parent', options: { stderr?: boolean } = {}) {
  const cell = newCell()
  const worker = lending.detached('busy.js', { workerData: { cell, busy }, ...options })
  return { worker, cell }
}

test.each([
  ['', {}],
  [' that reads nothing of what the thread writes', { stderr: true }],
])(
  'a parent%s that stands still for longer than a broker has to answer costs no lease',
  async (_, options) => {
    const { worker, cell } = start('parent', options)
    lending.broker().attach(worker)
    const answer = nextMessage(worker)
    worker.postMessage('lease')
    Atomics.wait(cell, 0, 0)
    expect(await answer).toEqual({ seven: 7 })
  },
)

test('a thread that stands still for longer than a broker has to answer gets its lease', async () => {
  const { worker } = start('thread')
  lending.broker().attach(worker)
  worker.postMessage('lease')
  expect(await nextMessage(worker)).toEqual({ seven: 7 })
})

test('a thread that is attached after its first lease has failed gets its next', async () => {
  const { worker } = start()
  const failed = new Promise((resolve) => {
    worker.on('message', (message) => {
      if ('code' in message) resolve(message)
      else message['@pglease/attach']?.close()
    })
  })
  worker.postMessage('lease')
  expect(await failed).toEqual({ code: 'PGLEASE_NOT_ATTACHED' })
  lending.broker().attach(worker)
  worker.postMessage('lease')
  expect(await nextMessage(worker)).toEqual({ seven: 7 })
})

test('a main thread that stands still between its first lease and its broker gets it', async () => {
  const broker = lending.broker()
  const lease = broker.withConnection((client) => client.query('SELECT 7 AS seven'))
  // Longer than a broker has to say hello.
  Atomics.wait(newCell(), 0, 0, 11_000)
  expect((await lease).rows).toEqual([{ seven: 7 }])
})
