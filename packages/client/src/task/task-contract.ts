import type { MessagePort } from 'node:worker_threads'
import type { Wire } from '../common/wire-error.js'

/** What the executor sends to a thread for one task. The thread answers with the result, or throws a `Wire`. */
export interface TaskMessage {
  filename: string
  name: string
  input: unknown
  /** Only for a task whose caller watches it: with a `signal` or `onProgress`. */
  watch?: TaskWatch
  /** Only where a subscriber of the executor's channel has given it something. */
  carrier?: Readonly<Record<string, string>>
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

/** The task's own value is inside, so that it can be any. */
export interface ProgressFrame {
  progress: unknown
}

export function isProgressFrame(frame: unknown): frame is ProgressFrame {
  return Object.hasOwn(Object(frame), 'progress')
}

export interface AbortFrame {
  abort: Wire
}
