import { Client } from '@pglease/client'
import pg from 'pg'
import { Sequelize } from 'sequelize'

/** Sequelize hands its own options to the clients that it makes, which would be for connections of its own. */
class LeaseClient extends Client {
  constructor() {
    super({ database: 'default' })
  }
}

export const sequelize = new Sequelize({
  dialect: 'postgres',
  dialectModule: { ...pg, Client: LeaseClient },
  logging: false,
})

/** Sequelize keeps no clients: each of its queries and transactions is a lease. */
// biome-ignore lint/suspicious/noExplicitAny: the types do not tell of it
const manager = sequelize.connectionManager as any
manager.pool = {
  acquire: () => manager.connect(sequelize.config),
  release: (client: Client) => manager.disconnect(client),
  destroy: (client: Client) => manager.disconnect(client),
}
