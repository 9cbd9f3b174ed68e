import { type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { fromWire, type Wire } from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'

/** What a task has answered. What Piscina gives instead tells of the task's thread: it can be anything, as the thread can throw. */
export class TaskAnswer {
  readonly how: 'returned' | 'threw'
  readonly value: unknown

  constructor(how: 'returned' | 'threw', value: unknown) {
    this.how = how
    this.value = value
  }
}

/** An answer as Piscina's code in the thread posts it. */
interface Posted {
  taskId: number
  result: unknown
  /** Null, or what the task has thrown. */
  error: unknown
}

/** Piscina's own record of a thread, as far as it is used here. Its objects for others have it behind a symbol. */
interface Hidden {
  readonly worker: Worker
  readonly port: MessagePort
  /** By the numbers of the tasks that the thread has not answered. */
  readonly taskInfos: ReadonlyMap<unknown, unknown>
  /** Called with each answer, however it was read. */
  onMessage(answer: unknown): void
  _handleResponse(answer: unknown): void
}

/**
 * The port over which Piscina's code in a thread answers. Piscina believes whatever comes, and forgets what has come when it
 * hears that the thread has ended: here answers are checked, and can be read before that.
 */
export class PiscinaThread {
  readonly #hidden: Hidden

  /**
   * @param shown what Piscina shows of a thread.
   * @param onGarbage called when something came that is no answer.
   */
  constructor(shown: object, onGarbage: () => void) {
    this.#hidden = findHidden(shown)
    const { onMessage, taskInfos, port } = this.#hidden
    // What was posted and cannot be read here would be waited for without end.
    port.on('messageerror', onGarbage)
    this.#hidden.onMessage = (message) => {
      const answer = checked(message, taskInfos)
      if (answer !== undefined) return onMessage(answer)
      closeBrought(message)
      onGarbage()
    }
  }

  /** How many tasks it has not answered. */
  get owed(): number {
    return this.#hidden.taskInfos.size
  }

  /** Reads the answers that have come. */
  readAnswers(): void {
    for (let left = this.owed; left > 0; left--) {
      const received = receiveMessageOnPort(this.#hidden.port)
      if (received === undefined) return
      this.#hidden._handleResponse(received.message)
    }
  }

  end(): void {
    void this.#hidden.worker.terminate()
  }
}

function findHidden(shown: object): Hidden {
  const key = Object.getOwnPropertySymbols(shown).find(
    ({ description }) => description === 'Piscina.kWorkerData',
  )
  if (key === undefined) throw new Error('This Piscina keeps its threads in a way that is not known here')
  return (shown as Record<symbol, Hidden>)[key]!
}

/** @returns undefined for what is no answer to one of the tasks. */
function checked(message: unknown, tasks: ReadonlyMap<unknown, unknown>): object | undefined {
  const { taskId, result, error } = Object(message) as Partial<Posted>
  if (!tasks.has(taskId)) return undefined
  if (error === null) return { taskId, result: new TaskAnswer('returned', result), error }
  try {
    return { taskId, result: new TaskAnswer('threw', fromWire(error as Wire)), error: null }
  } catch {
    return undefined
  }
}
