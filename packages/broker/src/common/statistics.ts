import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Traffic } from '@pglease/client/internal'

/** Why a pooled connection was closed. */
export type CloseReason =
  /** Idle for longer than `idleTimeoutMillis`. */
  | 'idle'
  /** Older than `maxLifetimeSeconds`. */
  | 'lifetime'
  /** Leased `maxUses` times. */
  | 'uses'
  /** Opened before a `recycle`. */
  | 'recycled'
  /** Open beyond what a `resize` has left of `max`. */
  | 'resized'
  /** The database was paused. */
  | 'paused'
  /** Did not answer when it was validated. */
  | 'invalid'
  /** The server or the network closed it. */
  | 'lost'
  /** Its session could not be put back to its initial state. */
  | 'unclean'
  /** `release({ destroy: true })`. */
  | 'destroyed'
  /** The broker closed. */
  | 'closed'

const CLOSE_REASONS = [
  'idle',
  'lifetime',
  'uses',
  'recycled',
  'resized',
  'paused',
  'invalid',
  'lost',
  'unclean',
  'destroyed',
  'closed',
] as const

/** Why no thread can have the sockets of a database's connections, and the broker relays their bytes. */
export type RelayReason =
  /** `handOver` is false. */
  | 'off'
  /** Only Linux has what it takes. */
  | 'platform'
  /** It is not installed, or cannot be loaded. */
  | 'koffi'
  /** The connections have TLS, and Node's OpenSSL cannot be called, or is another library. */
  | 'openssl'
  /** The connections have TLS with options that only `tls.connect` follows. */
  | 'tls options'
  /** The server and OpenSSL did not come to terms otherwise. */
  | 'tls handshake'

/** How long something took, over the life of the broker, in milliseconds with a resolution of a microsecond. */
export interface Distribution {
  /** How many were measured. */
  count: number
  /** The shortest. */
  min: number
  /** The mean. */
  mean: number
  /** The median: half of them took no longer. */
  p50: number
  /** Nine of ten took no longer. */
  p90: number
  /** 99 of a hundred took no longer. */
  p99: number
  /** The longest. */
  max: number
}

/** One database's figures. The counters count from the broker's construction. */
export interface DatabaseStatistics {
  /**
   * Connections now: `total` = `connecting` + `idle` + `leased` + `settling`, and never above `max`, but after a `resize` for
   * as long as leases hold more.
   */
  total: number
  /** Being opened now. */
  connecting: number
  /** Open, clean, and nobody's now; those that threads keep are among them. */
  idle: number
  /** Lent now. */
  leased: number
  /** To be reset, or being validated, reset or closed. */
  settling: number
  /** Leases in the waiting line now. */
  waiting: number
  /** As configured, or as `resize` has set it. */
  min: number
  /** As configured, or as `resize` has set it. */
  max: number
  /** Whether it is paused: no lease is granted. */
  paused: boolean
  /** `opened` = the sum of `closed` + the connections open now. */
  opened: number
  /** How many connections were closed, by reason. */
  closed: Record<CloseReason, number>
  /** Attempts to open a connection that failed. */
  connectFailures: number
  /** Times that an idle connection had to answer: before it was lent, by `keepAliveMillis`, or for a health check. */
  validated: number
  /** Leases granted; one whose connection could not be reset is granted another, and counts again. */
  leases: number
  /** Of these, those whose thread had the socket sooner or later; the bytes of the others were all relayed. */
  handedOver: number
  /** Why no thread can have a socket, as far as is known: the platform's reason, or that of the connection opened last. */
  relayReason: RelayReason | undefined
  /** Leases that were never granted, by what the caller got instead. */
  timeouts: number
  /** Refused: the queue was full, the database out of reach, or the broker closing. */
  refused: number
  /** Given up by who waited. */
  withdrawn: number
  /** Leases taken back from their holder. */
  revoked: number
  /** Sessions put back to their initial state. */
  resets: number
  /** Transactions that were open at a release, and rolled back. */
  rollbacks: number
  /** Queries that the server was told to cancel. */
  cancels: number
  /** Of the protocol, without what TLS adds; relayed and handed over. */
  bytesToServer: number
  /** Of the protocol, without what TLS adds; relayed and handed over. */
  bytesFromServer: number
  /** From `open` to the grant. */
  waitMillis: Distribution
  /** From the grant to the release. */
  holdMillis: Distribution
}

/** The counters of one database, kept by those who see the events. */
export class Counters {
  opened = 0
  readonly closed = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<
    CloseReason,
    number
  >
  connectFailures = 0
  validated = 0
  leases = 0
  handedOver = 0
  relayReason: RelayReason | undefined
  timeouts = 0
  refused = 0
  withdrawn = 0
  revoked = 0
  resets = 0
  rollbacks = 0
  cancels = 0
  bytesToServer = 0
  bytesFromServer = 0
  readonly #waits = new Durations()
  readonly #holds = new Durations()

  waited(millis: number): void {
    this.#waits.record(millis)
  }

  /** What a thread has done between two looks at its figures. */
  passed(before: Traffic, after: Traffic): void {
    this.bytesFromServer += after.received - before.received
    this.bytesToServer += after.sent - before.sent
    for (let count = before.reopened; count < after.reopened; count++) {
      this.leases++
      this.handedOver++
      this.waited(0)
    }
  }

  held(millis: number): void {
    this.#holds.record(millis)
  }

  report(
    now: Pick<
      DatabaseStatistics,
      'total' | 'connecting' | 'idle' | 'leased' | 'settling' | 'waiting' | 'min' | 'max' | 'paused'
    >,
  ): DatabaseStatistics {
    return {
      ...now,
      ...(this as Omit<Counters, 'waited' | 'held' | 'passed' | 'report'>),
      closed: { ...this.closed },
      waitMillis: this.#waits.report(),
      holdMillis: this.#holds.report(),
    }
  }
}

/** Node's histogram takes whole numbers from 1: microseconds. */
class Durations {
  readonly #histogram: RecordableHistogram = createHistogram()
  /** Of all that was recorded. Undefined: something was since. */
  #report: Distribution | undefined = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 }

  record(millis: number): void {
    this.#histogram.record(Math.max(1, Math.round(millis * 1000)))
    this.#report = undefined
  }

  /** To read a histogram walks through all of it, once for each figure. */
  report(): Distribution {
    this.#report ??= this.#measure()
    return { ...this.#report }
  }

  #measure(): Distribution {
    const { count, min, mean, max } = this.#histogram
    const at = (percentile: number) => this.#histogram.percentile(percentile) / 1000
    return {
      count,
      min: min / 1000,
      mean: mean / 1000,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      max: max / 1000,
    }
  }
}
