import { closeSync } from 'node:fs'
import {
  MOST_UNSEEN_LEASES,
  type ReturnedSession,
  type SessionCell,
  SHORT_LEASE_MILLIS,
  syncMessage,
  type Traffic,
} from '@pglease/client/internal'
import type { Counters } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'
import type { LeasePeer } from './lease-peer.js'
import type { UnseenLeases } from './unseen-leases.js'

/** What a thread has told of a session at the end of a lease, if it has said that it is done. */
export type SessionAtEnd = ReturnedSession | 'not returned'

const NOTHING = new Uint8Array()

/** Whether the worker can have the connection's socket now. */
export function isLendable(connection: ServerConnection, peer: LeasePeer): boolean {
  return peer.cell !== undefined && connection.isFor(peer)
}

/** A socket in the hands of a thread, as the broker sees it: by the cell that both share, and by what the thread tells. */
export class ThreadSocket {
  readonly #connection: ServerConnection
  /** The thread's own, which is closed here only if the thread has made no socket of it. */
  readonly #descriptor: number
  /** `abandoned`: the lease is over, but the thread may use the socket until it hears of that. */
  #state: 'lent' | 'abandoned' | 'back' = 'lent'
  readonly #cell: SessionCell
  readonly #counters: Counters
  readonly unseen: UnseenLeases
  /** What of the thread's doings is in the counters. */
  #counted: Traffic = { received: 0, sent: 0, reopened: 0 }
  /** When these were counted. */
  countedAt = performance.now()
  readonly lentAt = this.countedAt
  /** When the thread was last seen to have begun or ended a lease since the time before. */
  usedAt = this.countedAt
  /** Whether subscribers are being told of what was counted: they may ask for the figures, which counts. */
  #isTelling = false

  /** From here on the connection is the thread's. */
  constructor(
    connection: ServerConnection,
    descriptor: number,
    cell: SessionCell,
    counters: Counters,
    unseen: UnseenLeases,
  ) {
    this.#connection = connection
    this.#descriptor = descriptor
    this.#cell = cell
    this.#counters = counters
    this.unseen = unseen
    cell.begin()
    counters.handedOver++
    connection.handOver()
  }

  /** The lease is over. @param since when it is known to have begun. */
  end(session: SessionAtEnd, since: number): void {
    if (this.#state !== 'lent') throw new Error(`A lease ends whose socket is ${this.#state}`)
    this.#state = session === 'not returned' ? 'abandoned' : 'back'
    this.unseen.end()
    if (this.#cell.withdrawDescriptor()) closeQuietly(this.#descriptor)
    if (session === 'not returned') return this.#connection.abandoned()
    this.#closeLeft()
    this.#connection.returned(session, since)
  }

  /** The thread has heard that the lease is over, and is done. */
  endLate(): void {
    if (this.#state !== 'abandoned') return
    this.#state = 'back'
    this.#closeLeft()
    this.#connection.returned('unknown', 0)
  }

  /** The thread has ended, or failed, between claiming the descriptor and making a socket of it. */
  #closeLeft(): void {
    if (this.#cell.isDescriptorLeft) this.#connection.closeDuplicate(this.#descriptor)
  }

  /** Counts what the thread has done since this was last called; returns whether it has begun a lease by itself. */
  count(): boolean {
    if (this.#isTelling) return false
    const before = this.#counted
    // First: what has ended has begun as well.
    const holdTimes = this.#cell.readHoldTimes().filter(isHoldTime)
    const now = trafficSince(before, this.#cell)
    this.#counters.passed(before, now)
    for (const millis of holdTimes) this.#counters.held(millis)
    // The thread has reset the session at the end of each.
    this.#counters.resets += holdTimes.length
    this.#counted = now
    this.countedAt = performance.now()
    if (now.reopened > before.reopened || holdTimes.length > 0) this.usedAt = this.countedAt
    this.#isTelling = true
    this.unseen.seen(now.reopened, holdTimes)
    this.#isTelling = false
    return now.reopened > before.reopened
  }

  /** Whether the thread holds no lease, and keeps the socket for its next. */
  get isKept(): boolean {
    return this.#cell.isKept
  }

  /** The thread keeps nothing at the end of its lease. */
  want(): void {
    this.#cell.want()
  }

  /** Where the session stands. Undefined when the thread holds a lease. */
  take(): ReturnedSession | undefined {
    const kept = this.#cell.take()
    return kept && { behindReset: kept.isSynced ? syncMessage : NOTHING }
  }

  /** Whether the server is idle behind the reset of what the thread keeps. */
  get isKeptSynced(): boolean {
    return this.#cell.isKeptSynced
  }
}

/** A thread that has spoilt the cell may have closed the descriptor itself. */
function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor)
  } catch {}
}

/** More than a thread passes between two looks, in bytes. */
const MOST_PASSED = 2 ** 40

/** What the cell says, as far as it can be: the memory is the thread's as well. */
function trafficSince(before: Traffic, { received, sent, reopened }: Traffic): Traffic {
  return {
    received: countSince(before.received, received, MOST_PASSED),
    sent: countSince(before.sent, sent, MOST_PASSED),
    reopened: countSince(before.reopened, reopened, MOST_UNSEEN_LEASES),
  }
}

function countSince(before: number, now: number, most: number): number {
  return Number.isInteger(now) && now > before && now - before <= most ? now : before
}

/** A thread keeps a socket only after a short lease. */
function isHoldTime(millis: number): boolean {
  return millis >= 0 && millis <= SHORT_LEASE_MILLIS
}
