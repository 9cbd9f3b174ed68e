/** What a fault has at hand that strikes inside a task. */
export interface Victim {
  /** Tells the caller that it is to abort, and how. */
  askForAbort(how: 'now' | 'soon'): void
  /** Throws the abort's reason once the caller has aborted. */
  throwIfAborted(): void
  /** Tells the main thread to terminate this thread. */
  askForEnd(): void
}

/** How a task may end that carries a fault, beside what others do to it. */
export type OwnEnd = 'planned' | 'abort' | 'thread' | 'answered' | 'uncloneable'

/** A fault that a task carries with it, and that strikes when its phase has come. Nobody else may suffer from it. */
export interface TaskFault {
  readonly name: string
  /** How often, beside the others. */
  readonly weight: number
  /** In tasks of the executor, in plain worker threads, in leases of the main thread. */
  readonly in: readonly ('executor' | 'worker' | 'main')[]
  readonly ends: readonly OwnEnd[]
  strike(victim: Victim): unknown
}
