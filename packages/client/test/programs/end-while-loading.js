/** Ends threads in the moment in which they load native code, or right behind it. */
import { createRequire } from 'node:module'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openSsl, standStill } from '@pglease/client/internal'
import { Standstill } from '../../dist/socket/standstill.js'

const THREADS = 16

const load = () =>
  createRequire(import.meta.resolve('@pglease/client'))(`@koromix/koffi-linux-${process.arch}`)

if (isMainThread) {
  // So that the threads need not wait for the disk.
  load()
  for (let number = 0; number < THREADS; number++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: number })
    const memory = await new Promise((resolve) => worker.once('message', resolve))
    standStill(memory)
    const ended = worker.terminate()
    // It had been loaded before.
    if (Atomics.load(new Int32Array(memory), 0) !== 2) process.exitCode = 1
    await ended
  }
} else {
  // Some have loaded it for purposes of their own.
  if (workerData % 2 === 1) load()
  openSsl(new Standstill((memory) => parentPort.postMessage(memory)))
}
