/** What is published of tasks. Nothing is made of it while nobody listens. */
import { channels, type TaskEndedMessage } from '../common/channels.js'

/** What is told of a task. */
interface ToldTask {
  readonly number: number
  readonly name: string
  /** Of the thread that it was sent to last. */
  readonly threadId: number | undefined
  readonly queuedAt: number
  /** Undefined where no thread has begun it. */
  readonly startedAt: number | undefined
}

let lastNumber = 0

export function nextTaskNumber(): number {
  return ++lastNumber
}

/** @returns what subscribers have given the task to carry; undefined where that is nothing. */
export function tellQueued({ number, name }: ToldTask): Record<string, string> | undefined {
  if (!channels.taskQueued.hasSubscribers) return undefined
  const carrier: Record<string, string> = {}
  channels.taskQueued.publish({ run: number, task: name, carrier })
  // A subscriber may have written anything, which need not be cloneable.
  const entries = Object.entries(carrier).filter(([, value]) => typeof value === 'string')
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

export function tellStarted({ number, name, threadId, queuedAt }: ToldTask): void {
  if (!channels.taskStarted.hasSubscribers) return
  if (threadId === undefined) throw new Error('A task was told of as begun that no thread has')
  const waitMillis = performance.now() - queuedAt
  channels.taskStarted.publish({ run: number, task: name, threadId, waitMillis })
}

export function tellEnded(task: ToldTask, outcome: TaskEndedMessage['outcome'], error: unknown): void {
  if (!channels.taskEnded.hasSubscribers) return
  const { number, name, startedAt } = task
  const threadId = startedAt === undefined ? undefined : task.threadId
  const runMillis = startedAt === undefined ? 0 : performance.now() - startedAt
  channels.taskEnded.publish({ run: number, task: name, threadId, runMillis, outcome, error })
}
