/** What the threads of pglease run: tasks of its executor. */
import { type TaskContext, withConnection } from '@pglease/client'
import { workerData } from 'piscina'
import type { Access } from './access.js'
import { LOADS, type LoadCall } from './loads.js'
import { PgConnection } from './pg-connection.js'

const { pipelined } = workerData as { pipelined: boolean }

export function runLoad({ name, input }: LoadCall, context: TaskContext): Promise<unknown> {
  const access: Access = {
    forTask: (work) => work(new PgConnection(context.db)),
    withConnection: (work) =>
      withConnection((client) => work(new PgConnection(client)), { pipeline: pipelined }),
  }
  return LOADS[name](access, input as never)
}
