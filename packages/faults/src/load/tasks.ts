/** The task module of the executor. */
import type { TaskContext } from '@pglease/client'
import { perform } from './perform.js'
import type { Done, Plan } from './plan.js'
import { Progress } from './progress.js'

export interface TaskRequest {
  readonly plan: Plan
  /** Of the round's `Progress`. */
  readonly memory: SharedArrayBuffer
}

export async function task({ plan, memory }: TaskRequest, context: TaskContext): Promise<Done> {
  const { reportProgress, throwIfAborted, withConnection } = context
  return perform(
    plan,
    new Progress(memory),
    (work, options) =>
      plan.by === 'part' ? withConnection(work, options) : work(context.database('default', options)),
    {
      askForAbort: reportProgress,
      throwIfAborted,
      askForEnd() {
        throw new Error('A task cannot have its thread ended')
      },
    },
  )
}
