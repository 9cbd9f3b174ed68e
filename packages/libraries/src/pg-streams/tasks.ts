import type { TaskContext } from '@pglease/client'
import { failureOf, Rollback, rollsBack } from '../work.js'
import { copyIn, copyOut, readAll, readSome } from './database.js'

const ROWS = 5000

function* lines(count: number): Generator<string> {
  for (let id = 1; id <= count; id++) yield `${id}\tcity ${id}\n`
}

/** With a table of its own, which nobody else sees. */
export async function work(_task: number, context: TaskContext): Promise<object> {
  const { db } = context
  await db.query('CREATE TEMPORARY TABLE city (id integer PRIMARY KEY, name text NOT NULL)')
  await db.query('BEGIN')
  await copyIn(lines(ROWS), context)
  await db.query('COMMIT')

  await db.query('BEGIN')
  await rollsBack(
    db.query('TRUNCATE city').then(async () => {
      await copyIn(['1\tother\n'], context)
      throw new Rollback()
    }),
  )
  await db.query('ROLLBACK')

  const copied = await copyOut(context)
  let streamed = 0
  for await (const _ of readAll(context)) streamed++
  return {
    isCopied: copied === [...lines(ROWS)].join(''),
    first: await readSome(2, context),
    streamed,
    failure: await failureOf(copyIn(['1\tagain\n'], context)),
  }
}

/** Leaves a stream and a COPY in the middle. */
export async function leave(_task: number, context: TaskContext): Promise<number> {
  await context.db.query('CREATE TEMPORARY TABLE city (id integer PRIMARY KEY, name text NOT NULL)')
  await copyIn(lines(ROWS), context)
  for await (const { id } of readAll(context)) if (id === 3) return id
  return 0
}
