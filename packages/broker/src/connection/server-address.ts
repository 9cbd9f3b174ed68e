import type { ServerAddress } from '@pglease/client/internal'
import type { Database } from './database-options.js'
import { unconnected } from './open-session.js'

/**
 * Where the connections of a database go to, by pg's own rules for options, connection string and environment. Undefined
 * where they do not say it: then the first connection tells what is wrong.
 */
export function serverAddress(database: Database): ServerAddress | undefined {
  try {
    const { host, port, user, database: name } = unconnected(database)
    return host && port && user && name ? { host, port, user, database: name } : undefined
  } catch {
    return undefined
  }
}
