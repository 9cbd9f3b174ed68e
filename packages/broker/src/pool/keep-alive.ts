import type { ServerConnection } from '../connection/server-connection.js'
import type { IdleConnections } from './idle-connections.js'

/** Asks idle connections whose server has said nothing for so long, so that one that is dead is found before it is needed. */
export class KeepAlive {
  readonly #idle: IdleConnections
  /** 0 is never. */
  readonly #everyMillis: number
  readonly #ask: (connection: ServerConnection) => void
  /** Runs while a connection is idle. */
  #timer: NodeJS.Timeout | undefined

  /** @param ask is given a connection that is idle no more. */
  constructor(idle: IdleConnections, everyMillis: number, ask: (connection: ServerConnection) => void) {
    this.#idle = idle
    this.#everyMillis = everyMillis
    this.#ask = ask
  }

  /** A connection has become idle. */
  watch(): void {
    if (this.#everyMillis > 0) this.#timer ??= this.#sweepIn(this.#everyMillis)
  }

  /** No connection becomes idle any more. A timer that runs would hold the pool in memory. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #sweepIn(millis: number): NodeJS.Timeout {
    return setTimeout(() => this.#sweep(), Math.max(1, millis)).unref()
  }

  #sweep(): void {
    this.#timer = undefined
    let next = Number.POSITIVE_INFINITY
    for (const connection of this.#idle.all()) {
      const left = this.#everyMillis - connection.silentMillis
      if (left <= 0) {
        this.#idle.remove(connection)
        this.#ask(connection)
      } else next = Math.min(next, left)
    }
    // One that is asked becomes idle again, which begins it anew.
    if (next < Number.POSITIVE_INFINITY) this.#timer ??= this.#sweepIn(next)
  }
}
