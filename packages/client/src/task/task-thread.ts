/** The module that the executor's threads run. Internal: the executor alone speaks with it. */
import { MessageChannel } from 'node:worker_threads'
import { toWire } from '../common/wire-error.js'
import { threadLink } from '../lease/broker-link.js'
import { RunningTask } from './task-context.js'
import type { TaskFailure, TaskMessage } from './task-contract.js'
import { loadTask } from './task-module.js'
import { printed, TaskTurns } from './task-turns.js'

const link = threadLink()
await link.ready

const turns = new TaskTurns()

/**
 * Runs one task: its leases are released before its answer is posted, however it settles. A task that has been taken
 * back is not begun, and nobody waits for its answer.
 */
export default async function runTask(message: TaskMessage): Promise<unknown | TaskFailure> {
  if (message.ahead === undefined) turns.begin()
  else if (!(await turns.beginAhead(message.ahead))) return message.watch?.port.close()
  try {
    return await run(message)
  } catch (error) {
    return { '@pglease/failure': toWire(error) } satisfies TaskFailure
  } finally {
    const printing = printed()
    if (printing !== undefined) await printing
    turns.end()
  }
}

async function run(message: TaskMessage): Promise<unknown> {
  const context = new RunningTask(link, message)
  try {
    context.throwIfAborted()
    const task = await loadTask(message.filename, message.name)
    const result = await task(message.input, context)
    mustBeCloneable(result)
    return result
  } finally {
    context.close()
  }
}

/** What is posted to a closed port is serialised, and goes nowhere. */
const nowhere = new MessageChannel().port1
nowhere.close()

/**
 * An answer that cannot be posted would end the thread, and the other tasks in it. What `Piscina.move` wraps is left to
 * Piscina: it can be posted only once.
 * @throws DataCloneError
 */
function mustBeCloneable(result: unknown): void {
  if (Object(result) !== result && typeof result !== 'symbol') return
  if (typeof result === 'object' && Symbol.for('Piscina.transferable') in (result as object)) return
  nowhere.postMessage(result)
}

/** Runs in a thread that is started for no task in particular. */
export function nothing(): void {}
