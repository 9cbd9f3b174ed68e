import type { Counters } from '../common/statistics.js'
import type { WarningListener } from '../common/warnings.js'
import type { Database } from '../connection/database-options.js'
import { openSession } from '../connection/open-session.js'
import { knownRelayReason } from '../connection/relay-reason.js'
import { ServerConnection } from '../connection/server-connection.js'
import { Backoff } from './backoff.js'
import { tellFailed, tellOpened } from './connection-news.js'
import { Outage } from './outage.js'

/** What becomes of the connections that are being opened. */
export interface ConnectOutcome {
  opened(connection: ServerConnection): void
  /** None was opened, and none is to be before `mayConnect`. */
  failed(error: Error): void
  /** None was opened, because it was given up. */
  givenUp(): void
  /** A failure holds back new connections no more. */
  mayConnect(): void
  /** None could be opened for long, or one can be again. */
  warn: WarningListener
}

/** Opens the connections of one database. */
export class Connector {
  readonly #database: Database
  readonly #counters: Counters
  readonly #outcome: ConnectOutcome
  readonly #backoff: Backoff
  readonly #outage: Outage
  /** Gives up those that are being opened. */
  #stop = new AbortController()
  /** How many are being opened. */
  #connecting = 0

  constructor(database: Database, counters: Counters, outcome: ConnectOutcome) {
    this.#database = database
    this.#counters = counters
    counters.relayReason = knownRelayReason(database)
    this.#outcome = outcome
    this.#backoff = new Backoff(() => outcome.mayConnect())
    this.#outage = new Outage(database, outcome.warn)
  }

  get size(): number {
    return this.#connecting
  }

  get isHeldBack(): boolean {
    return this.#backoff.isWaiting
  }

  /** Of the latest attempt; undefined after a success. */
  get error(): Error | undefined {
    return this.#backoff.error
  }

  /** Opens one that is of this epoch of the pool. */
  connect(epoch: number): void {
    this.#connecting++
    const { signal } = this.#stop
    const since = performance.now()
    openSession(this.#database, signal).then(
      (session) => {
        const connection = new ServerConnection(session, epoch, this.#database.maxLifetimeSeconds)
        this.#connecting--
        this.#counters.opened++
        this.#counters.relayReason = connection.relayReason
        tellOpened(this.#database, connection, since)
        this.#backoff.reset()
        this.#outage.succeeded()
        this.#outcome.opened(connection)
      },
      (error: Error) => {
        this.#connecting--
        if (signal.aborted) return this.#outcome.givenUp()
        this.#counters.connectFailures++
        tellFailed(this.#database, error, since)
        this.#backoff.failed(error)
        this.#outage.failed(error, since)
        this.#outcome.failed(error)
      },
    )
  }

  /** Gives up all that are being opened: they fail, which says nothing of the server. */
  giveUp(): void {
    this.#backoff.reset()
    this.#stop.abort()
    this.#stop = new AbortController()
  }
}
