import type { DatabaseOptions } from '@pglease/broker'
import type { Commit } from '../load/plan.js'
import type { Resources } from './resources.js'

/** The code of the warning that no thread of a campaign is to give cause for. */
export const BREACH = 'PGLEASE_PROTOCOL_VIOLATION'

/** How much there is to do, and for whom. */
export interface Load {
  /** Of the executor. */
  readonly threads: number
  /** Plain worker threads that are attached. */
  readonly workers: number
  /** Tasks under way at a time: in the executor, in each of the workers, on the main thread. */
  readonly callers: { readonly executor: number; readonly worker: number; readonly main: number }
  /** How many of a hundred tasks carry a fault. */
  readonly faultPercent: number
}

/** What a round of load is made of. It must survive the crossing into another process. */
export interface RoundSettings extends Load {
  readonly seed: number
  readonly database: DatabaseOptions
  /** Only these faults are carried; all when empty. */
  readonly faults: readonly string[]
}

/** What is done to the process under test from inside. */
export type Act =
  /** The main thread stands still. */
  | { readonly act: 'block'; readonly millis: number }
  | { readonly act: 'recycle'; readonly force: boolean }
  /** For so long no lease is granted. */
  | { readonly act: 'pause'; readonly millis: number }
  /** For so long there is one connection, as soon as those lent come back. */
  | { readonly act: 'shrink'; readonly millis: number }
  /** The broker and the executor are closed under load, and others take their places. */
  | { readonly act: 'close'; readonly first: 'broker' | 'executor'; readonly timeoutMillis: number }
  | { readonly act: 'terminate worker'; readonly which: number }
  | { readonly act: 'collect garbage' }

export type SubjectRequest =
  | { readonly kind: 'begin'; readonly settings: RoundSettings }
  | { readonly kind: 'act'; readonly id: number; readonly what: Act }
  /** @param keeps whether the broker and its threads stay, for the next round */
  | { readonly kind: 'finish'; readonly keeps: boolean }

export interface Beat {
  readonly kind: 'beat'
  /** Connections that all brokers of the process may have at the moment. */
  readonly limit: number
  /** That they say they have. */
  readonly total: number
  readonly begun: number
  readonly settled: number
  /** Tasks that carried a fault and are over. */
  readonly faults: number
}

/** What became of one task. */
export interface Told {
  readonly id: number
  readonly via: string
  readonly work: string
  readonly leaves: string
  readonly fault?: string
  /** On the clock of the system, in milliseconds. */
  readonly begin: number
  readonly end: number
  /** Undefined when it was told of success. */
  readonly error?: ToldError
  /** Why it did not end as it should have, whatever others did to it. */
  readonly violation?: string
  /** Whether it failed because another task in its thread ended that thread, or another of its map failed. */
  readonly isCollateral?: boolean
}

export interface ToldError {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly retryable?: boolean
  readonly commit?: Commit
}

export interface RoundReport {
  readonly kind: 'report'
  readonly told: readonly Told[]
  /** Errors that the executor emitted, and the broker's warnings. */
  readonly events: readonly { readonly at: number; readonly what: string }[]
  readonly leases: number
  readonly handedOver: number
  /** Sockets that were open when all was closed, and the process had told so; 0 where all stays. */
  readonly socketsLeft: number
  readonly resources: Resources
}

export type SubjectMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'acted'; readonly id: number }
  | Beat
  | RoundReport

export const now = () => performance.timeOrigin + performance.now()
