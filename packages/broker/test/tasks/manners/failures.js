/** Tasks that fail, each in a way of its own, and report the error as their thread sees it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError } from './describe-error.js'

const query = (client) => client.query('SELECT 1')

const failures = {
  ConfigurationError: ({ database }) => query(database('default', { isolationLevel: 'snapshot' })),
  UnknownDatabaseError: ({ database }) => query(database('nothing')),
  LeaseTimeoutError: ({ database }) => query(database('busy', { connectionTimeoutMillis: 10 })),
  QueueFullError: ({ database }) => query(database('full')),
  ConnectError: ({ database }) => query(database('refused')),
  async LeaseReleasedError({ db }) {
    await query(db)
    db.release()
    await query(db)
  },
  LeaseRevokedError: ({ database }) => database('brief').query('SELECT pg_sleep(3600)'),
  async LeaseLostError({ db }) {
    const { rows } = await db.query('SELECT pg_backend_pid() AS pid')
    await db.query('SELECT pg_terminate_backend($1)', [rows[0].pid]).catch(() => {})
    while (!db.isOver) await sleep(1)
    await query(db)
  },
  async ProtocolError({ db }) {
    await query(db)
    db.connection.stream.write(Buffer.from('This is not the Postgres protocol'))
    while (!db.isOver) await sleep(1)
    await query(db)
  },
  'a violated constraint': ({ db }) =>
    db.query('CREATE TEMP TABLE t (id int CONSTRAINT positive CHECK (id > 0)); INSERT INTO t VALUES (-1)'),
}

export async function fails(how, context) {
  try {
    await failures[how](context)
  } catch (error) {
    context.reportProgress({ seen: describeError(error) })
    throw error
  }
}

export const exits = () => process.exit(0)

export const echoes = (input) => input
