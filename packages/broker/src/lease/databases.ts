import { UnknownDatabaseError } from '@pglease/client'
import { type KeepingSpan, nameOf } from '@pglease/client/internal'
import type { DatabaseLeases } from './database-leases.js'
import type { ThreadRights } from './served-thread.js'

/** What is leased where no name is given. */
const USUAL = 'default'

/** The broker's databases by name, and what a thread may know of them. */
export class Databases {
  readonly #byName: ReadonlyMap<string, DatabaseLeases>

  constructor(byName: ReadonlyMap<string, DatabaseLeases>) {
    this.#byName = byName
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  get all(): readonly DatabaseLeases[] {
    return [...this.#byName.values()]
  }

  /** @throws UnknownDatabaseError, also for what is no name: a thread may have made it up. */
  get(name: string): DatabaseLeases {
    const database = this.#byName.get(name)
    if (database !== undefined) return database
    const shown = nameOf(String(name))
    throw new UnknownDatabaseError(
      `The broker has no database "${shown}". It has: ${this.names.join(', ')}.`,
      {
        database: shown,
      },
    )
  }

  /**
   * A thread that may lease these is starting: while it loads, a first connection is opened to the database that is leased
   * where none is named.
   */
  expectLease(names: readonly string[] = this.names): void {
    if (names.includes(USUAL)) this.#byName.get(USUAL)?.expectLease()
  }

  /** What a thread may lease, and how: decided when it attaches. */
  rights(
    threadId: number,
    names: readonly string[] = this.names,
  ): Omit<ThreadRights, 'isMainThread' | 'share'> {
    const databases = names.map((name) => [name, this.get(name)] as const)
    const having = (option: 'showStatements' | 'nameTasks') =>
      new Set(databases.filter(([, { database }]) => database[option]).map(([name]) => name))
    const keeping = new Map<string, KeepingSpan>()
    for (const [name, { database }] of databases)
      if (database.prepare) keeping.set(name, database.prepare === true ? 'lease' : database.prepare)
    return {
      label: `thread ${threadId}`,
      threadId,
      databases: new Map(databases.map(([name, database]) => [name, database.address()])),
      keeping,
      showing: having('showStatements'),
      naming: having('nameTasks'),
      traceLeases: this.all.some(({ database }) => database.leakDetectionMillis > 0),
      usesTls: databases.some(([, database]) => database.usesTls()),
      find: (name) => this.#find(name, names),
    }
  }

  #find(name: string, allowed: readonly string[]): DatabaseLeases {
    const database = this.get(name)
    if (allowed.includes(name)) return database
    throw new UnknownDatabaseError(
      `This thread may lease ${allowed.join(', ')}, but not "${nameOf(name)}".`,
      { database: nameOf(name) },
    )
  }
}
