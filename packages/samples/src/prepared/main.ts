import { deepEqual } from 'node:assert/strict'
import { ConnectionBroker } from '@pglease/broker'

// #region connection
const broker = new ConnectionBroker({
  databases: {
    default: { connectionString: process.env.DATABASE_URL, max: 4, prepare: 'connection' },
  },
})
// #endregion connection

const seen: string[] = []
// #region repeat
await broker.withConnection(async (client) => {
  for (const country of ['Norway', 'Portugal', 'Norway']) {
    // parsed once, planned once: nothing has to be said
    const { rows } = await client.query('SELECT name FROM city WHERE country = $1 ORDER BY people', [country])
    seen.push(rows[0].name)
  }
})
// #endregion repeat
deepEqual(seen, ['Trondheim', 'Porto', 'Trondheim'])
await broker.close()
