import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

test('a wait for the loops leaves no timer and no listener behind, and Node warns of nothing', async () => {
  const worker = new Worker(new URL('../threads/waits-for-loops.js', import.meta.url))
  const [left] = await once(worker, 'message')
  expect(left).toEqual({ warnings: 0, timers: 0, listeners: 0 })
  await worker.terminate()
})
