/** Tasks that hold a connection, and wait for another. */
import { Client, Pool, withConnection, withTransaction } from '@pglease/client'

const ask = (client) => client.query('SELECT 1')

/** Short: the wait is in vain. */
const options = { connectionTimeoutMillis: 100 }

/** A connection besides the one that the task holds, by what libraries and people use. */
const waits = {
  'context.withConnection': (context) => context.withConnection(ask, options),
  'context.withTransaction': (context) => context.withTransaction(ask, options),
  'context.database': (context) => ask(context.database('default', options)),
  'context.pool': (context) => ask(context.pool(options)),
  withConnection: () => withConnection(ask, options),
  withTransaction: () => withTransaction(ask, options),
  Pool: () => ask(new Pool(options)),
  async Client() {
    const client = new Client(options)
    await ask(client).finally(() => client.end())
  },
}

const told = ({ code, message, holders }) => ({ code, message, holders })

export async function holdsAndWaits(how, context) {
  await ask(context.db)
  return waits[how](context).then(() => 'leased', told)
}

/** So many hold before one of them waits. */
export async function meetsAndWaits({ cells, others }, context) {
  await ask(context.db)
  Atomics.add(cells, 0, 1)
  while (Atomics.load(cells, 0) < others) await new Promise(setImmediate)
  const waited = await waits.withConnection().then(() => 'leased', told)
  Atomics.add(cells, 1, 1)
  while (Atomics.load(cells, 1) < others) await new Promise(setImmediate)
  return waited
}

export const asks = (options, { database }) => ask(database('default', options)).then(() => 'leased', told)
