import type { Worker } from 'node:worker_threads'
import type { ConnectionBroker } from '../../src/index.js'
import type { Lending } from './lending.js'
import { BOUND_MS, gate } from './until.js'

/** The cells that a thread shares with its owner: whether the owner stands still, may go on, and lets the thread go on. */
const [STANDS, DONE, GO_ON] = [0, 1, 2]

interface Answer {
  id: number
  result?: unknown
  error?: { message: string; code?: string }
}

function failureOf({ error }: Answer): Error | undefined {
  return error && Object.assign(new Error(error.message), { code: error.code })
}

/** A thread of `keeper.js`, which keeps what it leases from one lease to its next. */
export class Keeper {
  readonly worker: Worker
  readonly #cells = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  #leased = gate()
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #calls = 0
  /** Of the last call. */
  #failure: Promise<Error | undefined> = Promise.resolve(undefined)

  constructor(lending: Lending, broker: ConnectionBroker) {
    this.worker = lending.worker(broker, 'keeper.js', { workerData: { cells: this.#cells } })
    this.worker.on('message', (message: Answer | 'leased') => {
      if (message === 'leased') this.#leased.open()
      else this.#answers.get(message.id)!(message)
    })
  }

  /** Calls one of its functions. @throws what that throws. */
  async call<T = unknown>(name: string, ...values: unknown[]): Promise<T> {
    const id = this.#calls++
    const answer = new Promise<Answer>((resolve) => this.#answers.set(id, resolve))
    this.#failure = answer.then(failureOf)
    this.worker.postMessage({ id, name, values })
    const { result, error } = await answer
    if (error !== undefined) throw failureOf({ id, error })
    return result as T
  }

  /** Resolves when a lease is held. @throws what the last call has failed with before. */
  async leased(): Promise<void> {
    const failure = await Promise.race([this.#leased, this.#failure])
    if (failure !== undefined) throw failure
    await this.#leased
  }

  /**
   * Lets this thread stand still, and the broker with it, from the moment when the lease is held until the other thread
   * lets it go on. What that does meanwhile it does alone.
   */
  async standStill(): Promise<void> {
    await this.leased()
    this.#leased = gate()
    this.#signal(STANDS)
    if (Atomics.wait(this.#cells, DONE, 0, BOUND_MS) === 'timed-out')
      throw new Error('Waited in vain for the thread: it needed the broker')
    Atomics.store(this.#cells, STANDS, 0)
    Atomics.store(this.#cells, DONE, 0)
  }

  /** Lets a blocked thread go on. */
  goOn(): void {
    this.#signal(GO_ON)
  }

  #signal(cell: number): void {
    Atomics.store(this.#cells, cell, 1)
    Atomics.notify(this.#cells, cell)
  }
}

/** The server's process, as a statement's only row. */
export const PID = 'SELECT pg_backend_pid() AS pid'
