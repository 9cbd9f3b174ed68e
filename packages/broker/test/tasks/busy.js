/** A plain thread whose broker has little time to say hello. Its `workerData` says who stands still for longer than that. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, parentPort, workerData } from 'node:worker_threads'
import { attachRequest, BrokerLink, withLease } from '@pglease/client/internal'

const HELLO_MILLIS = 50
/** Ten times as long. */
const LONG_MILLIS = 500

const link = new BrokerLink(() => {
  const { port1, port2 } = new MessageChannel()
  parentPort.postMessage(attachRequest(port2), [port2])
  return port1
}, HELLO_MILLIS)

const { cell, busy } = workerData

async function answer() {
  try {
    const { rows } = await withLease(link, (client) => client.query('SELECT 7 AS seven'))
    parentPort.postMessage(rows[0])
  } catch ({ code }) {
    parentPort.postMessage({ code })
  }
}

parentPort.on('message', async () => {
  const answered = answer()
  if (busy === 'thread') Atomics.wait(cell, 0, 0, LONG_MILLIS)
  if (busy === 'parent') {
    await sleep(LONG_MILLIS)
    Atomics.store(cell, 0, 1)
    Atomics.notify(cell, 0)
  }
  await answered
})
