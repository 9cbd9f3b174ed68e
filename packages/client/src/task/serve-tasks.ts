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

/** Makes this thread one of an executor, which calls what is returned. */
export function serveTasks(): { runTask(message: TaskMessage): Promise<unknown>; nothing(): void } {
  const server = new TaskServer()
  return { runTask: (message) => server.run(message), nothing: () => {} }
}

class TaskServer {
  readonly #link = threadLink()
  /** A broker that does not answer is told of by the leases: tasks may need none. */
  readonly #greeted = this.#link.ready().catch(() => {})
  readonly #cell = new AheadCell()
  readonly #turns = new TaskTurns(this.#cell)
  readonly #stop = new ThreadStop(this.#cell)

  /**
   * Runs one task: its leases are released before its answer is posted, however it settles. A task that has been taken
   * back is not begun, and nobody waits for its answer.
   * @throws Wire: structured clone would drop an error's fields.
   */
  async run(message: TaskMessage): Promise<unknown> {
    const turns = this.#turns
    if (message.ahead === undefined) turns.begin()
    else if (!(await turns.beginAhead(message.ahead))) return message.watch?.port.close()
    try {
      return await this.#run(message)
    } catch (error) {
      throw toWire(error)
    } finally {
      const printing = printed()
      if (printing !== undefined) await printing
      turns.end()
    }
  }

  async #run(message: TaskMessage): Promise<unknown> {
    const link = this.#link
    const context = new RunningTask(link, message, this.#stop)
    this.#stop.add(context)
    try {
      context.throwIfAborted()
      // Where the servers are is known to a module from its first line on.
      if (link.info === undefined) await this.#greeted
      const task = await loadTask(message.filename, message.name)
      const answer = answerOf(await begin(message, () => task(message.input, context)))
      const finishing = context.finish()
      if (finishing !== undefined) await finishing
      return answer
    } finally {
      this.#stop.delete(context)
      context.close()
    }
  }
}
