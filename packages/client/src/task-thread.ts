/** The module that the executor's threads run. Internal: the executor alone speaks with it. */
import { threadLink } from './broker-link.js'
import { RunningTask } from './task-context.js'
import type { TaskFailure, TaskMessage } from './task-contract.js'
import { loadTask } from './task-module.js'
import { toWire } from './wire-error.js'

const link = threadLink()
await link.ready

/** Runs one task: its leases are released before its answer is posted, however it settles. */
export default async function runTask(message: TaskMessage): Promise<unknown | TaskFailure> {
  const context = new RunningTask(link, message)
  try {
    context.throwIfAborted()
    const task = await loadTask(message.filename, message.name)
    return await task(message.input, context)
  } catch (error) {
    return { '@pglease/failure': toWire(error) } satisfies TaskFailure
  } finally {
    context.close()
  }
}
