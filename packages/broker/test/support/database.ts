import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'

/** A database that only one test file uses. */
export interface TestDatabase {
  name: string
  connectionString: string
  /** A connection to another database of the same server, so it never counts as one to this. Other files use it afterwards. */
  admin: pg.Client
  /** How many clients the server has on this database. Its own processes, such as autovacuum's, do not count. */
  serverConnections(): Promise<number>
  /** Ends the server's processes of these connections. */
  terminateConnections(): Promise<void>
}

let shared: Promise<pg.Client> | undefined

/** One for all files of tests that this process runs: to connect costs the server more than to make a database. */
function connectAdmin(): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString: inject('serverConnectionString') })
  return admin.connect().then(() => admin)
}

/** To be awaited at the top of a test file, because it removes the database when the file's tests are over. */
export async function createTestDatabase(): Promise<TestDatabase> {
  shared ??= connectAdmin()
  const admin = await shared
  const name = `test_${randomUUID().replaceAll('-', '')}`
  // Copying files takes half as long as writing what is in them to the log.
  await admin.query(`CREATE DATABASE ${name} STRATEGY file_copy`)
  afterAll(async () => {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
  })

  const clients = `FROM pg_stat_activity WHERE datname = '${name}' AND backend_type = 'client backend'`
  return {
    name,
    connectionString: Object.assign(new URL(inject('serverConnectionString')), { pathname: name }).href,
    admin,
    async serverConnections() {
      const { rows } = await admin.query<{ count: number }>(`SELECT count(*)::int AS count ${clients}`)
      return rows[0]!.count
    },
    async terminateConnections() {
      await admin.query(`SELECT pg_terminate_backend(pid) ${clients}`)
    },
  }
}
