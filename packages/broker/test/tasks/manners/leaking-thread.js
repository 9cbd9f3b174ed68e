/** A plain thread that takes a lease in one of several ways and keeps it. */
import { workerData } from 'node:worker_threads'
import { Pool, withConnection } from '@pglease/client'

async function opensHere(given) {
  const client = given ?? (await new Pool().connect())
  if (workerData === 'connect') await client.connect()
  await client.query('SELECT 1')
}

const keep = setInterval(() => {}, 1000)
if (workerData === 'pool') await opensHere()
else {
  await withConnection(async (client) => {
    await opensHere(client)
    await new Promise(() => {})
  })
}
clearInterval(keep)
