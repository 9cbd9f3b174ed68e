/**
 * Why a database is not ready:
 * - `full`: every connection is leased, and none came free in time;
 * - `paused`: by `pause`;
 * - `unreachable`: no connection can be opened, or none answers; waiting may help;
 * - `refused`: no connection can be opened, and waiting does not help: the password, the role, TLS, `onConnect`;
 * - `closing`: the broker is closing or closed, or `announceClose` was called.
 */
export type HealthReason = 'full' | 'paused' | 'unreachable' | 'refused' | 'closing'

/** Whether a lease on one database could be had in time. */
export interface DatabaseHealth {
  /** Whether it could. */
  ok: boolean
  /** How long that took to know. */
  millis: number
  /** Undefined where it is ready, as are the next two. Stable, to alert on. */
  reason?: HealthReason
  /** Of the error that a lease would have had: see docs/errors.md. */
  code?: string
  /** For people. It may name tasks and hosts, but no secret. */
  message?: string
}

/** What `healthcheck` finds. The reason, code and message are those of the first database that is not ready. */
export interface Health<Name extends string = string> {
  /** Whether all that were asked for are ready. */
  ok: boolean
  /** The first that is not ready. */
  database?: Name
  /** Why it is not. Stable, to alert on. */
  reason?: HealthReason
  /** The code of the error that a lease would have had. */
  code?: string
  /** For people. It may name tasks and hosts, but no secret. */
  message?: string
  /** What was found of each that was asked for. */
  databases: Partial<Record<Name, DatabaseHealth>>
}
