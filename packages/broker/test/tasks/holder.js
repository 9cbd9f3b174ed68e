/** A plain thread that takes a lease, goes where it is told to, says so, and stays there. */
import { parentPort, workerData } from 'node:worker_threads'
import { withConnection } from '@pglease/client'

const stay = {
  'in a loop without end'() {
    for (;;);
  },
  'in Atomics.wait'() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
  'waiting for nothing': () => new Promise(() => {}),
}

const reach = {
  'after a query': () => {},
  'in a transaction': (client) => client.query('BEGIN; CREATE TABLE half_done ()'),
  async 'in a failed transaction'(client) {
    // The server sends the error ahead of the end of its answer.
    const ready = new Promise((resolve) => client.connection.once('readyForQuery', resolve))
    await client.query('BEGIN; SELECT 1/0').catch(() => {})
    await ready
  },
  'in a query'(client) {
    client.query('SELECT pg_sleep(3600)').catch(() => {})
    // In a later turn, so that the query has been posted.
    return new Promise(setImmediate)
  },
  async 'with a result half read'(client) {
    const first = new Promise((resolve) => client.connection.once('dataRow', resolve))
    client.query("SELECT repeat('x', 100000) FROM generate_series(1, 300)").catch(() => {})
    await first
  },
  /** Of all that has come, the end of this result, CommandComplete and ReadyForQuery, is what fills the window. */
  'with a whole result unread'(client) {
    // No turn follows in which any of it could be read.
    client.query("SELECT repeat('x', 1048457)").catch(() => {})
  },
  async 'in a COPY in'(client) {
    await client.query('CREATE TEMP TABLE copied (line text)')
    const copies = new Promise((resolve) => client.connection.once('copyInResponse', resolve))
    client.query('COPY copied FROM STDIN').catch(() => {})
    await copies
    client.connection.sendCopyFromChunk(Buffer.from('half a li'))
    await new Promise(setImmediate)
  },
  async 'in a COPY out'(client) {
    const first = new Promise((resolve) => client.connection.once('copyData', resolve))
    client.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000)) TO STDOUT").catch(() => {})
    await first
  },
}

const { where, how } = workerData
await withConnection(async (client) => {
  await client.query('SELECT 1')
  await reach[where](client)
  parentPort.postMessage('there')
  await stay[how]()
})
