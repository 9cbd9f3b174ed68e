/** Preloaded into each thread: it loads the executor's module when the test lets it. `workerData`: cells, as below. */
const Module = require('node:module')
const { workerData } = require('node:worker_threads')

/** How far the thread is: 1 when it is about to load the module, 2 when it has loaded it; and the test's word: 1 to go on. */
const [PLACE, WORD] = [0, 1]

const load = Module._load
Module._load = function (file, ...rest) {
  if (!String(file).includes('task-thread')) return load.call(this, file, ...rest)
  Atomics.store(workerData, PLACE, 1)
  Atomics.wait(workerData, WORD, 0)
  const loaded = load.call(this, file, ...rest)
  Atomics.store(workerData, PLACE, 2)
  return loaded
}
