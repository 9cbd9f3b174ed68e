import type { Worker } from 'node:worker_threads'

/** The threads that this process has started and that have not ended, by their id. */
export function watchThreads(): ReadonlyMap<number, Worker> {
  const threads = new Map<number, Worker>()
  process.on('worker', (worker) => {
    const id = worker.threadId
    threads.set(id, worker)
    worker.once('exit', () => threads.delete(id))
  })
  return threads
}
