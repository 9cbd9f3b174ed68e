import type pg from 'pg'
import type { Contender } from '../contenders/contender.js'
import type { ProcessorTime } from '../harness/processor-time.js'
import type { Result } from '../harness/result.js'
import type { Address, Route } from '../server/address.js'

/** How much is measured: all of it, or enough to see that everything works. */
export interface Scope {
  readonly quick: boolean
  /** Rounds of each contender, unless a case has its own reason for fewer. */
  readonly rounds: number
  /** Rounds of the cases that start a process for each. */
  readonly processRounds: number
  /** How long a round of a load without an end takes. */
  readonly roundMillis: number
}

/** What every case is given. */
export interface Bench {
  readonly scope: Scope
  readonly addresses: Readonly<Record<Route, Address>>
  /** A connection for preparing and checking, which no contender uses. */
  readonly admin: pg.Client
  /** Turns of `compute` in a millisecond. */
  readonly turnsPerMilli: number
  /** Those that the user asked for and that can run here, in the order given. */
  available(contenders: readonly Contender[]): Contender[]
  /** What has been spent so far, in seconds. */
  processorTime(): ProcessorTime
  /** Says what is under way. */
  progress(what: string): void
}

/** One row of the table of targets, or a part of it. */
export interface Case {
  readonly name: string
  /** What is measured, in a few words. */
  readonly title: string
  variants(scope: Scope): readonly Variant[]
}

export interface Variant {
  /** Behind the case's name and a slash: `2-threads/socket`. Empty for the only one. */
  readonly name: string
  /** @throws Error for a wrong answer. */
  measure(bench: Bench): Promise<Result[]>
}
