import { Client } from '@pglease/client'
import createKnex from 'knex'

export const knex = createKnex({ client: 'pg' })

/** Knex keeps no clients: each of its queries and transactions is a lease. A stream gives its client back twice. */
Object.assign(knex.client, {
  acquireConnection: async () => new Client({ database: 'default' }),
  releaseConnection: async (client: Client) => client.isOver || client.release(),
})
