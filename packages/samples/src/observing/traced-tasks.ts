// #region tasks
// at the top of the task module: queries of a task are children of its span, which is a child of what has called `run`
import '@pglease/opentelemetry/task-thread'
// #endregion tasks
import type { TaskContext } from '@pglease/client'

export async function count(_input: unknown, { db }: TaskContext) {
  return (await db.query('select count(*)::int as count from city')).rows[0].count as number
}
