import type { Access } from '../database.js'

/** What one process of the cluster, a member, works with. */
export interface MemberSettings extends Access {
  readonly number: number
  readonly threads: number
  /** How long one job may run. */
  readonly limitMillis: number
  /** The queue's. */
  readonly schema: string
}

/** What a member is told. That its channel ends is the request to end at once: this comes even when the asker is killed. */
export type Order =
  | { readonly kind: 'begin'; readonly settings: MemberSettings }
  /** Takes no more jobs, and ends when those that run have ended. */
  | { readonly kind: 'stop' }
  /** Ends a thread that runs a job, in the midst of it. */
  | { readonly kind: 'endThread' }

/** How a run of a job has ended. */
export type JobEnd =
  | 'planned'
  /** An earlier run of it has written the tour, and was not heard of. */
  | 'planned before'
  /** It is tried again. */
  | 'failed'
  | 'failed for good'

/** What a member tells. */
export type News =
  /** Under this name its jobs are locked. */
  | { readonly kind: 'ready'; readonly pool: string }
  | { readonly kind: 'started'; readonly country: string; readonly attempt: number }
  | { readonly kind: 'progress'; readonly country: string; readonly fraction: number }
  | {
      readonly kind: 'ended'
      readonly country: string
      readonly end: JobEnd
      readonly message: string
      /** Whether the thread has ended before the task did. */
      readonly isThreadDead: boolean
    }
  | { readonly kind: 'figures'; readonly figures: MemberFigures }
  /** It is about to end by itself. */
  | { readonly kind: 'broken'; readonly message: string }

/** For the page. */
export interface MemberFigures {
  readonly connections: number
  readonly leased: number
  readonly waiting: number
  /** For how long no connection has answered, in milliseconds; 0 while one does. */
  readonly unreachableMillis: number
}
