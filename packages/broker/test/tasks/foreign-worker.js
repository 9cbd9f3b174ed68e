/** A worker of its own that does once what the task in `foreign.js` does. */
import { parentPort } from 'node:worker_threads'
import { prepares } from './foreign.js'

parentPort.once('message', async (input) => {
  await prepares(input)
  parentPort.postMessage('done')
})
