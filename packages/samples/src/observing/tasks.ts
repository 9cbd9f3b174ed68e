import { AsyncLocalStorage } from 'node:async_hooks'
// #region around
// in the task module, or in what the executor's `execArgv` imports
import { aroundTasks, type TaskContext } from '@pglease/client'

const requests = new AsyncLocalStorage<{ id: string | undefined; task: string }>()
aroundTasks((run, { task, carrier }) => requests.run({ id: carrier.request, task }, run))
// #endregion around

export async function people(country: string, { db }: TaskContext) {
  const { rows } = await db.query('select sum(people)::int as sum from city where country = $1', [country])
  return { sum: rows[0].sum as number, request: requests.getStore()?.id }
}
