import { SpanStatusCode } from '@opentelemetry/api'
import { Pool, type TaskContext } from '@pglease/client'
import { failureOf } from '../work.js'
import { exporter } from './database.js'

const pool = new Pool()

const ADDRESS = ['server.address', 'server.port', 'db.namespace']

interface Seen {
  name: string
  text: unknown
  isError: boolean
  /** Of the server, as tracers tell it. */
  at: unknown[]
}

function spans(): Seen[] {
  return exporter.getFinishedSpans().map(({ name, attributes, status }) => ({
    name,
    text: attributes['db.query.text'],
    isError: status.code === SpanStatusCode.ERROR,
    at: ADDRESS.map((attribute) => attributes[attribute]),
  }))
}

/** The spans of the task's client. */
export async function work(_task: number, { db }: TaskContext): Promise<Seen[]> {
  exporter.reset()
  await db.query('SELECT $1::int AS n', [1])
  await failureOf(db.query('SELECT nothing'))
  return spans()
}

/** The spans of a pool. */
export async function workOnPool(): Promise<Seen[]> {
  exporter.reset()
  await pool.query('SELECT 2 AS n')
  return spans()
}
