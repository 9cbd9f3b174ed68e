/** Tasks that ask for leases with what their caller gives, and tell of the error. */
import { Client, leased, leaseSocket, Pool, withConnection } from '@pglease/client'

const query = (client) => client.query('SELECT 1')

const ways = {
  Pool: (options) => new Pool(options),
  Client: (options) => new Client(options),
  leaseSocket: (options) => leaseSocket(options),
  leased: (options) => leased(query, options),
  withConnection: (options) => withConnection(() => 'called', options),
  'context.withConnection': (options, context) => context.withConnection(() => 'called', options),
  database: (options, context) => context.database('default', options),
}

/** How each way of asking refuses the options: the message, or that it does not. */
export async function refusals(options, context) {
  const told = {}
  for (const [name, way] of Object.entries(ways)) {
    try {
      await way(options, context)
      told[name] = 'taken'
    } catch (error) {
      told[name] = error.code === 'PGLEASE_CONFIGURATION' ? error.message : error
    }
  }
  return told
}

export function names(values, { database }) {
  return values.map((name) => {
    try {
      database(name)
      return 'taken'
    } catch ({ code, message }) {
      return `${code}: ${message}`
    }
  })
}
