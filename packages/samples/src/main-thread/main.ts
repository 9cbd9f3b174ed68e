import { equal } from 'node:assert/strict'

// #region drizzle
import { ConnectionBroker } from '@pglease/broker'
import { drizzle } from 'drizzle-orm/node-postgres'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const orm = drizzle({ client: broker.pool() }) // a pg.Pool on the broker's connections
// #endregion drizzle
await orm.execute('SELECT 1')

// #region own
const names = await broker.withConnection(async (client) => {
  const { rows } = await client.query('SELECT name FROM city ORDER BY people DESC')
  return rows.map((row) => row.name as string)
})
await broker.withTransaction((client) => client.query('UPDATE account SET balance = balance WHERE id = 1'))
// #endregion own
equal(names[0], 'Oslo')

// #region looking
await broker.ready() // opens each database's `min` connections, or throws; with `min: 0` it asks nothing
console.log(broker.stats().default) // connections now, counters, wait and hold times
console.log(broker.leases()) // who has what, and who waits

broker.resize('default', { max: 8, min: 2 }) // from now on
await broker.recycle('default') // no connection opened before is lent afterwards
broker.on('warning', ({ code, message }) => console.warn(code, message))
// #endregion looking

const migrate = async () => {}
// #region pause
const giveUp = setTimeout(() => broker.resume(), 10_000)
if (await broker.pause()) {
  clearTimeout(giveUp)
  await migrate() // no connection is open
  broker.resume() // who waits is served, in the order of the line
}
// #endregion pause
await broker.close()
