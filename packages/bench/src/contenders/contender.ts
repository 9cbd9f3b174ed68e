import type { Address } from '../server/address.js'
import type { Loads } from '../threads/loads.js'

/** What every contender of a variant gets alike. */
export interface Setting {
  readonly address: Address
  readonly threads: number
  /** Server connections of all the threads together. */
  readonly connections: number
  /** Connections that one thread uses at a time, where each thread has its own. Default: its share of `connections`. */
  readonly perThread?: number
  /** Whether clients send queries without waiting for the answers of those before. Default: false. */
  readonly pipelined?: boolean
}

/** A way to use Postgres from worker threads. */
export interface Contender {
  readonly name: string
  /** One sentence for the report. */
  readonly about: string
  /** Why it cannot run here, if so. */
  unavailable?(): string | undefined
  /** Starts the threads. They stay from round to round. */
  start(setting: Setting): Promise<Running>
}

/** A contender's threads, ready to work. */
export interface Running {
  /** Runs one load in one of the threads. */
  run<N extends keyof Loads>(name: N, input: Loads[N]['input']): Promise<Loads[N]['result']>
  /** Begins to watch it, for a round. Resolves with what ends that. */
  watch?(): Promise<() => void>
  stop(): Promise<void>
}

/** The connections that one thread may have of its own. */
export function connectionsPerThread({ threads, connections, perThread }: Setting): number {
  return perThread ?? Math.max(1, Math.floor(connections / threads))
}
