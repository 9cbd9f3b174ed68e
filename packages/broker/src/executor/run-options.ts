import type { Transferable } from 'node:worker_threads'
import { callable, checkOptions, millis, signal, text } from '@pglease/client/internal'

/** How one task runs. */
export interface RunOptions<N extends string = string, P = unknown> {
  /** The exported function to run. Default: the executor's `name`. */
  name?: N
  /**
   * Aborts the task: it leaves the queue, or its wait for a connection and its query end and its `signal` is aborted;
   * after `abortGraceMillis` its thread is ended. The promise rejects with the signal's reason.
   */
  signal?: AbortSignal
  /**
   * How long the task may run, in milliseconds, its wait in the queue not counted. Past it the task is aborted as by
   * `signal`, and the promise rejects with a `TaskTimeoutError`; with 0 that is at once. Default: no limit.
   */
  timeoutMillis?: number
  /** Called with what the task reports; a throw aborts the task, and so does a rejection, which is not waited for. */
  onProgress?: (progress: P) => void
  /** Parts of the input that are moved to the thread instead of copied. */
  transferList?: readonly Transferable[]
}

const CHECKS = {
  name: text,
  signal,
  timeoutMillis: millis,
  onProgress: callable,
  transferList: (value: unknown) => (Array.isArray(value) ? undefined : 'an array'),
}

/** @throws ConfigurationError */
export function checkRunOptions(options: unknown): void {
  checkOptions('run', options, CHECKS)
}
