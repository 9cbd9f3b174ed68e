// #region setup
// tasks.ts: what is outside of the functions runs once for each thread
import { withConnection } from '@pglease/client'
import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.INT8, Number) // rows are parsed in the thread, not in the main thread

const names = await load() // no task of this thread begins before

async function load() {
  const { rows } = await withConnection((client) => client.query('SELECT name FROM city'))
  return new Set(rows.map(({ name }) => name as string))
}

export const isKnown = (name: string) => names.has(name)
// #endregion setup

export const countCities = () =>
  withConnection(async (client) => (await client.query('SELECT count(*) FROM city')).rows[0].count as number)
