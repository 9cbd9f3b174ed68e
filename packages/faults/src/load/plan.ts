/**
 * Where a task stands. A fault that a task carries strikes at one of them:
 * - of every task: `begun`, before its lease; `leased`, behind its first answer; `worked`, with the lease still held;
 *   `released`;
 * - of some: as their names say.
 */
export type Phase =
  | 'begun'
  | 'leased'
  | 'querying'
  | 'in a transaction'
  | 'committing'
  | 'committed'
  | 'copying in'
  | 'copying out'
  | 'reading a cursor'
  | 'listening'
  | 'computing'
  | 'worked'
  | 'released'

export const COMMON_PHASES: readonly Phase[] = ['begun', 'leased', 'worked', 'released']

/** What one task is to do. It says all: the same plan is the same task. */
export interface Plan {
  /** Unique in a round. */
  readonly id: number
  readonly work: string
  /** Of what the work picks. */
  readonly seed: number
  /** What it leaves behind in its session. */
  readonly leaves: string
  /** How it leases: by the context's client, or for a part of its time. Only in tasks there is a choice. */
  readonly by: 'client' | 'part'
  readonly fault?: { readonly name: string; readonly phase: Phase }
}

/** What a task returns that has done its work. */
export interface Done {
  readonly id: number
  readonly value: unknown
  /** The server's process that served it. */
  readonly processId: number
}

/** Whether the task's row is in the ledger, as far as the task knows. */
export type Commit = 'unsent' | 'sent' | 'answered'

/** The code of an error that a fault throws on purpose. */
export const PLANNED = 'LOAD_PLANNED'
/** The code of an error that no fault excuses: an answer is wrong, or a session is not as it should be. */
export const WRONG = 'LOAD_WRONG'

export function wrong(message: string): Error {
  return Object.assign(new Error(message), { code: WRONG })
}
