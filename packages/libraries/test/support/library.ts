import {
  ConnectionBroker,
  type DatabaseStatistics,
  type ExecutorOptions,
  SharedPoolExecutor,
} from '@pglease/broker'
import { afterEach, beforeEach, expect } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../broker/test/support/database.js'
import { failOnLeaks } from '../../../broker/test/support/leaks.js'
import { until } from '../../../broker/test/support/until.js'
import type { Work } from '../../src/work.js'

/** Fewer connections than threads: what a library keeps to itself, another thread lacks. */
const CONNECTIONS = 2
const THREADS = 3

/** What each library sees that has no stream. */
export const WORK: Work = {
  inserted: 3,
  names: ['city 1', 'city 2', 'city 3'],
  committed: 'renamed',
  rolledBack: 3,
  failure: 'DatabaseError 23505',
}

/** Of the executor. */
type LibraryOptions = Pick<ExecutorOptions, 'execArgv' | 'maxThreads'>

/** One library in the threads of an executor; made anew for each test. */
export class Library<M> {
  readonly database: TestDatabase
  readonly broker: ConnectionBroker
  readonly executor: SharedPoolExecutor<M>

  constructor(name: string, database: TestDatabase, connectionString: string, options: LibraryOptions) {
    this.database = database
    const server = { connectionString, max: CONNECTIONS, connectionTimeoutMillis: 20_000 }
    this.broker = new ConnectionBroker({ databases: { default: server } })
    this.executor = new SharedPoolExecutor<M>(this.broker, {
      filename: new URL(`../../dist/${name}/tasks.js`, import.meta.url).href,
      maxThreads: THREADS,
      ...options,
    })
  }

  /** Runs a task of that name so many times at once, each with its own number. */
  atOnce<R>(name: keyof M, times = 6, first = 1): Promise<R[]> {
    const numbers = Array.from({ length: times }, (_, index) => first + index)
    const run = (number: number) => this.executor.run(number as never, { name } as never) as Promise<R>
    return Promise.all(numbers.map(run))
  }

  /** Fails when a library still holds a connection though its tasks are over. */
  async untilAllGivenBack(): Promise<void> {
    await until(
      () => this.#isQuiet,
      () => `for all connections to be given back: ${JSON.stringify(this.#figures)}`,
    )
    const { opened, connectFailures } = this.#figures
    expect(opened, 'connections opened').toBeLessThanOrEqual(CONNECTIONS)
    expect(connectFailures, 'connections that the server refused').toBe(0)
  }

  get #figures(): DatabaseStatistics {
    return this.broker.stats().default!
  }

  get #isQuiet(): boolean {
    const { leased, settling, connecting, waiting } = this.#figures
    return leased + settling + connecting + waiting === 0
  }

  async close(): Promise<void> {
    await this.executor.close({ timeoutMillis: 0 })
    await this.broker.close({ timeoutMillis: 0 })
  }
}

/**
 * To be awaited at the top of a test file. The database's user may have no more connections than the broker, so the server
 * refuses any that a library makes by itself.
 */
export async function startLibrary<M>(name: string, options: LibraryOptions = {}): Promise<() => Library<M>> {
  const database = await createTestDatabase()
  const { admin, name: user } = database
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret' CONNECTION LIMIT ${CONNECTIONS}`)
  await admin.query(`ALTER DATABASE ${user} OWNER TO ${user}`)
  const url = Object.assign(new URL(database.connectionString), { username: user, password: 'secret' })
  failOnLeaks(database)

  let library: Library<M>
  beforeEach(() => {
    library = new Library<M>(name, database, url.href, options)
  })
  afterEach(() => library.close())
  return () => library
}
