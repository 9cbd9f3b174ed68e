import type { Counters } from '../common/statistics.js'
import { NOBODY } from '../connection/connection-user.js'
import type { ServerConnection } from '../connection/server-connection.js'
import type { Waiter } from './waiters.js'

/** The connections that were granted and have not come back: of all connections these alone keep the process alive. */
export class LentConnections {
  readonly #counters: Counters
  readonly #lent = new Set<ServerConnection>()

  constructor(counters: Counters) {
    this.#counters = counters
  }

  get size(): number {
    return this.#lent.size
  }

  grant(waiter: Waiter, connection: ServerConnection, waitedMillis: number): void {
    connection.tracker.reset()
    if (connection.reset === 'due') this.#counters.resets++
    this.#lent.add(connection)
    connection.ref()
    if (waiter.isProbe === undefined) {
      connection.uses++
      this.#counters.leases++
      this.#counters.waited(waitedMillis)
    }
    waiter.granted(connection, waitedMillis)
  }

  takeBack(connection: ServerConnection): void {
    if (!this.#lent.delete(connection)) throw new Error('A connection came back that was not lent')
    connection.unref()
    connection.use(NOBODY)
  }
}
