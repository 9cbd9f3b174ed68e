import { once } from 'node:events'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { afterAll, afterEach, inject } from 'vitest'
import {
  type AttachOptions,
  ConnectionBroker,
  type DatabaseOptions,
  type ExecutorOptions,
  SharedPoolExecutor,
} from '../../src/index.js'
import { type Counts, countsFromNow } from './counts.js'
import type { TestDatabase } from './database.js'
import { Doorman } from './doorman.js'
import { expectNothingOpen, failOnLeaks, openHere } from './leaks.js'
import { TcpProxy } from './proxy.js'
import { until } from './until.js'

const TLS = { ca: inject('certificate').cert }

/** Closes in the order of the functions, the last one first. */
class Closers {
  readonly #closers: (() => Promise<unknown>)[] = []

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}

/** Closes what a test has opened after it, the last one first; then nothing may be left open. */
export class Lending {
  readonly #database: TestDatabase
  /** Of the test, or of what several tests share while that is made. */
  #closers = new Closers()
  /** How many things are open now that several tests share. */
  #shared = 0

  /** To be made at the top of a test file. */
  constructor(database: TestDatabase) {
    this.#database = database
    failOnLeaks(database, () => this.#shared > 0)
    afterEach(() => this.#closers.close())
  }

  /**
   * What the tests of a block share, made when the first of them asks for it: for tests that would spend most of their
   * time on starting threads. It is closed at the block's end, and after a test that has failed; then nothing may be left
   * open. To be called where the block begins.
   * @param start makes it, with the functions of this object, which close it.
   */
  shared<T extends object>(start: () => T): () => T {
    let made: T | undefined
    let before: ReadonlySet<number>
    const closers = new Closers()
    const close = async () => {
      if (made === undefined) return
      made = undefined
      this.#shared--
      await closers.close()
      await expectNothingOpen(this.#database, before)
    }
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await close()
    })
    afterAll(close)
    return () => {
      if (made === undefined) {
        before = openHere()
        this.#shared++
        made = this.#with(closers, start)
      }
      return made
    }
  }

  /**
   * The same, as far as it can be had anew: without the connections that the tests before have left, and with the broker's
   * counts since the test has asked for it.
   */
  renewed<T extends { broker: ConnectionBroker }>(
    start: () => T,
  ): () => Promise<T & { counts: (database?: string) => Counts }> {
    const shared = this.shared(start)
    return async () => {
      const made = shared()
      const { broker } = made
      for (const database of Object.keys(broker.stats())) {
        await untilQuiet(broker, database)
        await broker.recycle(database)
        await until(() => broker.stats()[database]!.total === 0, 'for the connections to be closed')
      }
      return { ...made, counts: countsFromNow(broker) }
    }
  }

  #with<T>(closers: Closers, start: () => T): T {
    const own = this.#closers
    this.#closers = closers
    try {
      return start()
    } finally {
      this.#closers = own
    }
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
    this.#closers.add(() => broker.close({ timeoutMillis: 0 }))
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
    this.#closers.add(() => executor.close({ timeoutMillis: 0 }))
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
    this.#closers.add(() => worker.terminate())
    return worker
  }

  /** Stands between clients and the server, and lets in whom the test wants. */
  async doorman(connectionString = this.#database.connectionString): Promise<Doorman> {
    const doorman = await Doorman.start(connectionString)
    this.#closers.add(() => doorman.close())
    return doorman
  }

  /** Stands between clients and the server, and fails as networks do. */
  async proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.#database.connectionString)
    this.#closers.add(() => proxy.close())
    return proxy
  }

  closeAfterTest(close: () => Promise<unknown>): void {
    this.#closers.add(close)
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
