import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { processLibrary } from '../../src/socket/process-library.js'
import { Standstill, standStill } from '../../src/socket/standstill.js'

/** Resolves with what the thread posts. */
function posted<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

test('the broker’s thread stands still while the other one works, and no longer', async () => {
  const shared = new SharedArrayBuffer(4)
  const worker = new Worker(new URL('../threads/works-during-standstill.js', import.meta.url), {
    workerData: { shared },
  })
  const memory = await posted<SharedArrayBuffer>(worker)
  standStill(memory)
  expect(Atomics.load(new Int32Array(shared), 0)).toBe(1)
  await worker.terminate()
})

test('the broker’s thread does not stand still for one that has given up', async () => {
  let memory: SharedArrayBuffer | undefined
  const standstill = new Standstill((given) => {
    memory = given
  })
  expect(() => standstill.begin()).toThrow('The broker is busy')
  const before = new Int32Array(memory!)[0]
  standStill(memory!)
  expect(new Int32Array(memory!)[0]).toBe(before)
})

test('the broker’s thread goes on when the other one ends in its work', async () => {
  const worker = new Worker(new URL('../threads/works-during-standstill.js', import.meta.url), {
    workerData: { shared: new SharedArrayBuffer(4), endless: true },
  })
  standStill(await posted<SharedArrayBuffer>(worker))
  await worker.terminate()
})

test('a thread that is near the limit of its heap loads no native code, and asks for no standstill', async () => {
  const worker = new Worker(new URL('../threads/fills-its-heap.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  })
  expect(await posted(worker)).toEqual({ before: true, isCalled: false, asked: 0, kept: true })
  await worker.terminate()
})

test.skipIf(processLibrary() === undefined)(
  'threads that are ended around the load of native code leave the process alone',
  async () => {
    const program = fileURLToPath(new URL('../programs/end-while-loading.js', import.meta.url))
    await promisify(execFile)(process.execPath, [program])
  },
  600_000,
)
