import { Client } from '@pglease/client'
import createPgPromise from 'pg-promise'

/** pg-promise hands its own options to the clients that it makes, which would be for connections of its own. */
class LeaseClient extends Client {
  constructor() {
    super({ database: 'default' })
  }
}

export const pgPromise = createPgPromise()

/** A client that its pool keeps idle would keep its connection from the other threads. */
export const database = pgPromise({ Client: LeaseClient, maxUses: 1 } as object)
