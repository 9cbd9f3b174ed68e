/** Preloaded into each thread: the first of them start, the others fail. `workerData`: how many have begun, and may. */
const { workerData } = require('node:worker_threads')

const { starts, most, how } = workerData
if (Atomics.add(starts, 0, 1) >= most) {
  if (how === 'process.exit()') process.exit(7)
  throw new Error('Not today')
}
