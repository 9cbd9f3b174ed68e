import type { TaskRun } from './task-run.js'

/** A task in a thread, as `SharedPoolExecutor.tasks` tells of it. */
export interface TaskReport {
  /** The number that it has in the messages of the channels too. */
  run: number
  /** The name of the exported function. */
  task: string
  /** Of the thread that it runs in, as Node numbers them. */
  threadId: number
  /** `aborting`: its caller has aborted it, and it may end by itself. */
  state: 'running' | 'aborting'
  /** Since its start as far as the main thread knows of it, in milliseconds. */
  runMillis: number
}

/** @returns undefined for a task that is not known to run */
export function reportOfTask({ number, name, threadId, state, startedAt }: TaskRun): TaskReport | undefined {
  if (state !== 'running' && state !== 'aborting') return undefined
  if (threadId === undefined || startedAt === undefined) throw new Error('A task runs that no thread has')
  return { run: number, task: name, threadId, state, runMillis: performance.now() - startedAt }
}
