import { counted } from '@pglease/client/internal'
import { ACCOUNTS, LINES_PER_COPY, OPENING_BALANCE } from '../load/schema.js'
import { workOf } from '../load/works/index.js'
import type { Told } from '../subject/messages.js'
import type { Admin } from './admin.js'

/** Something that is not as the tasks were told. */
export interface Discrepancy {
  /** The task, where it is one's. */
  readonly id?: number
  readonly what: string
}

/** How many rows of a task's may be in the ledger, by what it was told. */
function rowsOf({ work, error, violation }: Told): { least: number; most: number } {
  const { rows } = workOf(work)
  if (violation !== undefined) return { least: 0, most: rows }
  if (error === undefined || error.commit === 'answered') return { least: rows, most: rows }
  return { least: 0, most: error.commit === 'unsent' ? 0 : rows }
}

/** Compares what the tasks were told with what the database holds. */
export async function auditLedger(admin: Admin, told: readonly Told[]): Promise<Discrepancy[]> {
  const found: Discrepancy[] = []
  const counts = new Map<number, number>()
  for (const { task, count } of await admin.query<{ task: number; count: number }>(
    'SELECT task, count(*)::int AS count FROM ledger GROUP BY task',
  ))
    counts.set(task, count)
  for (const task of told) {
    const { least, most } = rowsOf(task)
    const count = counts.get(task.id) ?? 0
    counts.delete(task.id)
    if (count < least || count > most)
      found.push({
        id: task.id,
        what: `It has ${counted(count, 'row')} in the ledger, not ${least} to ${most}`,
      })
  }
  for (const [id, count] of counts)
    found.push({ id, what: `Nobody knows of it, and it has ${counted(count, 'row')} in the ledger` })
  return [...found, ...(await auditLines(admin, told)), ...(await auditBalances(admin))]
}

/** The lines of a COPY are there if the task's row is. */
async function auditLines(admin: Admin, told: readonly Told[]): Promise<Discrepancy[]> {
  const copying = told.filter(({ work }) => work === 'copy in').map(({ id }) => id)
  const rows = await admin.query<{ task: number; lines: number; rows: number }>(
    `SELECT task, coalesce(lines, 0)::int AS lines, coalesce(rows, 0)::int AS rows
      FROM (SELECT task, count(*) AS lines FROM line GROUP BY task) AS line
      FULL JOIN (SELECT task, count(*) AS rows FROM ledger WHERE task = ANY($1) GROUP BY task) AS ledger USING (task)
      WHERE coalesce(lines, 0) <> coalesce(rows, 0) * ${LINES_PER_COPY}`,
    [copying],
  )
  return rows.map(({ task, lines, rows: count }) => ({
    id: task,
    what: `It has ${counted(lines, 'line')} copied, and ${counted(count, 'row')} in the ledger`,
  }))
}

async function auditBalances(admin: Admin): Promise<Discrepancy[]> {
  const rows = await admin.query<{ id: number; balance: number; expected: number }>(
    `SELECT id, balance::int, (${OPENING_BALANCE}
        - coalesce((SELECT sum(amount) FROM ledger WHERE giver = id), 0)
        + coalesce((SELECT sum(amount) FROM ledger WHERE taker = id), 0))::int AS expected
      FROM account`,
  )
  const wrong = rows.filter(({ balance, expected }) => balance !== expected)
  const missing = rows.length === ACCOUNTS ? [] : [{ what: `There are ${rows.length} accounts` }]
  return [
    ...missing,
    ...wrong.map(({ id, balance, expected }) => ({
      what: `Account ${id} holds ${balance}, not ${expected}`,
    })),
  ]
}
