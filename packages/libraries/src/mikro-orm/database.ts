import { PostgreSqlKnexDialect } from '@mikro-orm/knex'
import { EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import { Client } from '@pglease/client'

export interface City {
  id: number
  task: number
  name: string
}

export const City = new EntitySchema<City>({
  name: 'City',
  properties: {
    id: { type: 'integer', primary: true, autoincrement: false },
    task: { type: 'integer' },
    name: { type: 'text' },
  },
})

/** MikroORM keeps no clients: each of its uses is a lease, with its parsers of dates. */
class LeaseDialect extends PostgreSqlKnexDialect {
  async acquireConnection() {
    return new Client({ database: 'default', types: this.connectionSettings.types })
  }
  async releaseConnection(client: Client) {
    client.release()
  }
}

export const orm = await MikroORM.init({
  dbName: 'default',
  ensureDatabase: false,
  entities: [City],
  driverOptions: { client: LeaseDialect },
})
