/** The module that the executor's threads run. Internal: the executor alone speaks with it. */
import { toWire } from '../common/wire-error.js'
import { threadLink } from '../lease/thread-link.js'
import { AheadCell } from './ahead-cell.js'
import { answerOf } from './answer.js'
import { begin } from './around-tasks.js'
import { RunningTask } from './task-context.js'
import type { TaskMessage } from './task-contract.js'
import { loadTask } from './task-module.js'
import { printed, TaskTurns } from './task-turns.js'
import { ThreadStop } from './thread-stop.js'

const link = threadLink()
/** A broker that does not answer is told of by the leases: tasks may need none. */
const greeted = link.ready().catch(() => {})

const cell = new AheadCell()
const turns = new TaskTurns(cell)
const stop = new ThreadStop(cell)

/**
 * Runs one task: its leases are released before its answer is posted, however it settles. A task that has been taken
 * back is not begun, and nobody waits for its answer.
 * @throws Wire: structured clone would drop an error's fields.
 */
export async function runTask(message: TaskMessage): Promise<unknown> {
  if (message.ahead === undefined) turns.begin()
  else if (!(await turns.beginAhead(message.ahead))) return message.watch?.port.close()
  try {
    return await run(message)
  } catch (error) {
    throw toWire(error)
  } finally {
    const printing = printed()
    if (printing !== undefined) await printing
    turns.end()
  }
}

async function run(message: TaskMessage): Promise<unknown> {
  const context = new RunningTask(link, message, stop)
  stop.add(context)
  try {
    context.throwIfAborted()
    if (link.info === undefined) await greeted
    const task = await loadTask(message.filename, message.name)
    const answer = answerOf(await begin(message, () => task(message.input, context)))
    const finishing = context.finish()
    if (finishing !== undefined) await finishing
    return answer
  } finally {
    stop.delete(context)
    context.close()
  }
}

/** Runs in a thread that is started for no task in particular. */
export function nothing(): void {}
