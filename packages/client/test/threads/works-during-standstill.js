/** Works while the main thread stands still, for a moment or without end. */
import { parentPort, workerData } from 'node:worker_threads'
import { Standstill } from '../../dist/socket/standstill.js'

const done = new Int32Array(workerData.shared)
const standstill = new Standstill((memory) => parentPort.postMessage(memory))
standstill.begin()
const until = performance.now() + 5
while (workerData.endless || performance.now() < until);
Atomics.store(done, 0, 1)
standstill.end()
