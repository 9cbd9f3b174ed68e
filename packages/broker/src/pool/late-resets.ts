import type { ServerConnection } from '../connection/server-connection.js'
import type { IdleConnections } from './idle-connections.js'

/**
 * How long a reset waits for a lease to travel ahead of. Longer than a busy thread takes from one task to the next, and
 * too short for anybody to miss the locks and tables that the session still has.
 */
const PATIENCE_MILLIS = 1

/** Resets those idle connections that no lease comes for. */
export class LateResets {
  readonly #idle: IdleConnections
  readonly #reset: (connection: ServerConnection) => void
  /** Runs while a reset of an idle connection is due. */
  #timer: NodeJS.Timeout | undefined

  /** @param reset is given a connection that is idle no more. */
  constructor(idle: IdleConnections, reset: (connection: ServerConnection) => void) {
    this.#idle = idle
    this.#reset = reset
  }

  /** A connection has become idle whose reset is due. */
  watch(): void {
    this.#timer ??= setTimeout(() => this.#sweep(), PATIENCE_MILLIS).unref()
  }

  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const connection of this.#idle.unreset()) {
      if (now - connection.usedAt < PATIENCE_MILLIS) {
        this.watch()
      } else {
        this.#idle.remove(connection)
        this.#reset(connection)
      }
    }
  }
}
