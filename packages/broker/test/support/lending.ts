import { once } from 'node:events'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { afterEach, inject } from 'vitest'
import {
  type AttachOptions,
  ConnectionBroker,
  type DatabaseOptions,
  type ExecutorOptions,
  SharedPoolExecutor,
} from '../../src/index.js'
import type { TestDatabase } from './database.js'
import { Doorman } from './doorman.js'
import { failOnLeaks } from './leaks.js'
import { TcpProxy } from './proxy.js'
import { until } from './until.js'

const TLS = { ca: inject('certificate').cert }

/** Closes in the order of the functions, the last one first, after each test; then nothing may be left open. */
export class Lending {
  readonly #database: TestDatabase
  readonly #closers: (() => Promise<unknown>)[] = []

  /** To be made at the top of a test file. */
  constructor(database: TestDatabase) {
    this.#database = database
    failOnLeaks(database)
    afterEach(async () => {
      for (const close of this.#closers.splice(0).reverse()) await close()
    })
  }

  /** A broker of this one database, `default`, and others by name. */
  broker(options: DatabaseOptions = {}, others: Record<string, DatabaseOptions> = {}): ConnectionBroker {
    const { connectionString } = this.#database
    const databases = Object.fromEntries(
      Object.entries({ default: options, ...others }).map(([name, each]) => [
        name,
        { connectionString, ...(inject('overTls') && { ssl: TLS }), ...each },
      ]),
    )
    const broker = new ConnectionBroker({ databases })
    this.#closers.push(() => broker.close({ timeoutMillis: 0 }))
    return broker
  }

  /** An executor whose tasks are in a file of the folder `tasks`. */
  executor<M = Record<string, (input: unknown, ...rest: never[]) => unknown>>(
    broker: ConnectionBroker,
    file: string,
    options: Omit<ExecutorOptions, 'filename'> = {},
  ): SharedPoolExecutor<M> {
    const executor = new SharedPoolExecutor<M>(broker, {
      filename: taskFile(file),
      maxThreads: 1,
      ...options,
    })
    this.#closers.push(() => executor.close({ timeoutMillis: 0 }))
    return executor
  }

  /** A plain worker thread whose program is in the folder `tasks`, attached to the broker. */
  worker(
    broker: ConnectionBroker,
    file: string,
    { attach, ...options }: WorkerOptions & { attach?: AttachOptions } = {},
  ): Worker {
    const worker = this.detached(file, options)
    broker.attach(worker, attach)
    return worker
  }

  /** The same, attached to nothing. */
  detached(file: string, options: WorkerOptions = {}): Worker {
    const worker = new Worker(new URL(taskFile(file)), options)
    this.#closers.push(() => worker.terminate())
    return worker
  }

  /** Stands between clients and the server, and lets in whom the test wants. */
  async doorman(connectionString = this.#database.connectionString): Promise<Doorman> {
    const doorman = await Doorman.start(connectionString)
    this.#closers.push(() => doorman.close())
    return doorman
  }

  /** Stands between clients and the server, and fails as networks do. */
  async proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.#database.connectionString)
    this.#closers.push(() => proxy.close())
    return proxy
  }

  closeAfterTest(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }
}

export function taskFile(file: string): string {
  return new URL(`../tasks/${file}`, import.meta.url).href
}

/** Waits for every lease to have ended and every connection to be idle or closed. */
export function untilQuiet(broker: ConnectionBroker, database = 'default'): Promise<unknown> {
  const isQuiet = () => {
    const { leased, settling, connecting, waiting } = broker.stats()[database]!
    return leased + settling + connecting + waiting === 0
  }
  return until(isQuiet, () => `for all leases to be over: ${JSON.stringify(broker.stats()[database])}`)
}

/** The next message that a worker posts. */
export async function nextMessage<T>(worker: Worker): Promise<T> {
  const [message] = await once(worker, 'message')
  return message
}
