import type { MessagePort } from 'node:worker_threads'
import type { toWire } from '../common/wire-error.js'

/** What the executor sends to a thread for one task. */
export interface TaskMessage {
  filename: string
  name: string
  input: unknown
  /** Only for a task whose caller watches it: with a `signal` or `onProgress`. */
  watch?: TaskWatch
  /** Only for a task that is sent ahead, behind the one that the thread runs: its number in the thread's `AheadCell`. */
  ahead?: number
}

export interface TaskWatch {
  /** Carries `ProgressFrame` to the caller and `AbortFrame` to the task. */
  port: MessagePort
  /** An Int32Array of `WATCH_CELLS`, which a computing task can read without an event loop. */
  cells: SharedArrayBuffer
}

export const WATCH_CELLS = 2
/** 0 until aborted, then 1. */
export const ABORTED_CELL = 0
/** 1 while a progress value is on its way, so that a fast task cannot flood the main thread. */
export const PROGRESS_CELL = 1

export interface ProgressFrame {
  progress: unknown
}

export interface AbortFrame {
  abort: ReturnType<typeof toWire>
}

/** What a failed task answers with instead of throwing: structured clone would drop the error's fields. */
export interface TaskFailure {
  '@pglease/failure': ReturnType<typeof toWire>
}

export function isTaskFailure(answer: unknown): answer is TaskFailure {
  return typeof answer === 'object' && answer !== null && '@pglease/failure' in answer
}
