import { shareTemplate, startPostgres } from '@pglease/postgres'
import type { TestProject } from 'vitest/node'
import { bundle } from '../../../../scripts/bundle.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's, to the database `postgres` of the one server that all the test files share. */
    serverConnectionString: string
    /** Whether no thread can have a connection's socket. */
    relayed: boolean | undefined
    /** What to trust the server by. */
    certificate: { cert: string; key: string }
    /** Whether brokers connect with TLS. */
    overTls: boolean | undefined
  }
}

/** Many connections: each test file has a pool of its own, and a test of a leak must not run out of them. */
const MAX_CONNECTIONS = 200

/** Runs once, in Vitest's own process. What it returns runs at the end, however the tests went. */
export default async function startServer({ provide }: TestProject): Promise<() => Promise<void>> {
  await bundle()
  const template = await startPostgres()
  await template.shutDown()
  shareTemplate(template)
  const server = await startPostgres({ ssl: true, settings: { max_connections: MAX_CONNECTIONS } })
  provide('serverConnectionString', server.connectionString)
  provide('certificate', server.certificate!)
  return async () => {
    await server.stop()
    await template.stop()
  }
}
