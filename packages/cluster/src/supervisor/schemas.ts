import { createSchema } from '@pglease/demo/parts'
import pg, { type ClientBase } from 'pg'
import type { ClusterOptions } from '../arguments.js'
import { quoted } from '../queue.js'

/** The queue's, where the user names none: made by the run, and removed by it. */
export const OWN_SCHEMA = 'pglease_cluster_queue'

/** How the run knows its own schema again. */
const MARK = 'Made by demo:cluster of pglease, which removes it.'

const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Makes the demo's schema anew, with a table of who has planned what and one of pods, and the queue's.
 * @throws Error that says in one line what is in the way
 */
export async function createSchemas(
  client: ClientBase,
  { queueSchema, isElsewhere }: Pick<ClusterOptions, 'queueSchema' | 'isElsewhere'>,
): Promise<void> {
  if (queueSchema !== undefined) await mustExist(client, queueSchema)
  await createSchema(client)
  // Without a key: what is written twice is to be seen.
  await client.query(`create table pglease_demo.plannings
    (country text not null, process integer not null, attempt integer not null)`)
  await client.query('create table pglease_demo.members (pool text primary key, name text not null)')
  // Of processes that are there before it, it is the queue.
  if (isElsewhere) await client.query(`create schema if not exists ${quoted(queueSchema ?? OWN_SCHEMA)}`)
  else if (queueSchema === undefined) await createOwn(client)
}

/** Removes the queue's schema if it is the run's own. */
export async function dropOwnSchema(client: ClientBase): Promise<void> {
  if ((await markOf(client)) === MARK) await client.query(`drop schema ${OWN_SCHEMA} cascade`)
}

async function mustExist(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ usable: boolean; hasQueue: boolean; mayCreate: boolean }>(
    `select has_schema_privilege(oid, 'usage') as usable, has_schema_privilege(oid, 'create') as "mayCreate",
       exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'jobs') as "hasQueue"
     from pg_namespace where nspname = $1`,
    [schema],
  )
  const [found] = rows
  const other = 'or leave --queue-schema out for one that the run makes and removes.'
  if (found === undefined)
    throw new Error(`There is no schema ${quoted(schema)} in this database: create it, ${other}`)
  if (!found.usable) throw new Error(`The role may not use the schema ${quoted(schema)}: grant it, ${other}`)
  if (!found.hasQueue && !found.mayCreate) {
    throw new Error(
      `The schema ${quoted(schema)} has no queue, and the role may not create one in it: grant it, ${other}`,
    )
  }
}

async function createOwn(client: ClientBase): Promise<void> {
  const mark = await markOf(client)
  if (mark !== undefined && mark !== MARK) {
    throw new Error(
      `The database has a schema ${OWN_SCHEMA} that is not the run's: name a queue's with --queue-schema.`,
    )
  }
  try {
    await client.query(`begin; drop schema if exists ${OWN_SCHEMA} cascade; create schema ${OWN_SCHEMA};
      comment on schema ${OWN_SCHEMA} is '${MARK}'; commit`)
  } catch (error) {
    await client.query('rollback')
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error
    throw new Error(
      `${error.message}: use a role that may create the schema ${OWN_SCHEMA}, or name a queue's with --queue-schema.`,
    )
  }
}

/** @returns undefined where there is no such schema */
async function markOf(client: ClientBase): Promise<string | null | undefined> {
  const { rows } = await client.query<{ mark: string | null }>(
    `select obj_description(oid, 'pg_namespace') as mark from pg_namespace where nspname = $1`,
    [OWN_SCHEMA],
  )
  return rows[0]?.mark
}
