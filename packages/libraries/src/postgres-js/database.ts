import { leaseSocket } from '@pglease/client'
import postgres from 'postgres'

/** For one task, with at most one connection, which its `sql.end()` gives back. The types do not know the option `socket`. */
export function connect(): postgres.Sql {
  const options = { socket: () => leaseSocket({ database: 'default' }), max: 1 }
  return postgres(options)
}
