// #region setup
// tasks.ts: what is outside of the functions runs once for each thread
import { BroadcastChannel } from 'node:worker_threads'
import { withConnection } from '@pglease/client'
import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.INT8, Number) // rows are parsed in the thread, not in the main thread

let names = await load() // no task of this thread begins before
const changes = new BroadcastChannel('cities')
changes.unref() // it keeps no thread
changes.onmessage = async () => {
  names = await load()
}

async function load() {
  const { rows } = await withConnection((client) => client.query('SELECT name FROM city'))
  return new Set(rows.map(({ name }) => name as string))
}

export const isKnown = (name: string) => names.has(name)
// #endregion setup

export const countCities = () =>
  withConnection(async (client) => (await client.query('SELECT count(*) FROM city')).rows[0].count as number)
