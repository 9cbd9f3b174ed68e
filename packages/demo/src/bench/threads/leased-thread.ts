/** What the threads of pglease run: tasks of its executor. */
import { type LeasedClient, type TaskContext, withConnection } from '@pglease/client'
import { workerData } from 'piscina'
import type { Access } from './access.js'
import { LOADS, type LoadCall } from './loads.js'
import { PgConnection } from './pg-connection.js'

const { pipelined } = workerData as { pipelined: boolean }

export function runLoad({ name, input }: LoadCall, context: TaskContext): Promise<unknown> {
  const access: Access = {
    forTask: (work) => work(connectionOf(context.db)),
    withConnection: (work) => withConnection((client) => work(connectionOf(client))),
  }
  return LOADS[name](access, input as never)
}

/** A leased client is no socket that has options: `pg`'s `pipeline` is set on it before its first query. */
function connectionOf(client: LeasedClient): PgConnection {
  if (pipelined) (client as unknown as { pipeline: boolean }).pipeline = true
  return new PgConnection(client)
}
