import pg from 'pg'
import type { TestDatabase } from './database.js'

/** Holds up whoever asks for the same advisory lock. These are of one database. */
export async function lock(
  { connectionString }: TestDatabase,
  key: number,
): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('SELECT pg_advisory_lock($1)', [key])
  return { release: () => client.end() }
}
