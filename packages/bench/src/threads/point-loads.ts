import { amountOf, ITEMS, PLANNED_QUERY, POINT_QUERY } from '../server/data.js'
import type { Access, Connection } from './access.js'
import { compute } from './compute.js'
import { check, type Done, repeat, together } from './repeat.js'

/** Point queries, one after another, in one long lease. */
export function pointQueries(access: Access, { millis }: { millis: number }): Promise<Done> {
  return access.withConnection((connection) => repeat(millis, () => pointQuery(connection)))
}

/** The same with a query that is hard to plan. */
export function plannedQueries(access: Access, { millis }: { millis: number }): Promise<Done> {
  return access.withConnection((connection) => repeat(millis, () => pointQuery(connection, PLANNED_QUERY)))
}

/** The same in several leases at a time. */
export function pointQueriesInLeases(
  access: Access,
  { millis, leases }: { millis: number; leases: number },
): Promise<Done> {
  return together(Array.from({ length: leases }, () => pointQueries(access, { millis })))
}

/** Batches of queries that do not wait for each other's answers, in one long lease. */
export function pipelinedQueries(
  access: Access,
  { millis, depth }: { millis: number; depth: number },
): Promise<Done> {
  return access.withConnection((connection) =>
    repeat(millis, async () => {
      await Promise.all(Array.from({ length: depth }, () => pointQuery(connection)))
      return depth
    }),
  )
}

/** A task: some queries, one after another, and some computation. Returns the sum of the amounts it found. */
export function task(
  access: Access,
  { ids, turns, planned = false }: { ids: readonly number[]; turns: number; planned?: boolean },
): Promise<number> {
  return access.forTask(async (connection) => {
    let sum = 0
    for (const id of ids) sum += await findAmount(connection, id, planned ? PLANNED_QUERY : POINT_QUERY)
    if (turns > 0) compute(turns)
    return sum
  })
}

/** Computes between queries, each of which has a lease of its own. */
export function computeBetweenQueries(
  access: Access,
  { millis, turns }: { millis: number; turns: number },
): Promise<Done> {
  return repeat(millis, async () => {
    await access.withConnection((connection) => pointQuery(connection))
    compute(turns)
    return 1
  })
}

/** So many leases, some of them at a time, each used for one query. */
export async function countedLeases(
  access: Access,
  { count, atATime }: { count: number; atATime: number },
): Promise<number> {
  let left = count
  const one = async () => {
    while (left-- > 0) await access.withConnection((connection) => pointQuery(connection))
  }
  await Promise.all(Array.from({ length: atATime }, one))
  return count
}

let lastId = 0

async function pointQuery(connection: Connection, text = POINT_QUERY): Promise<number> {
  lastId = ((lastId * 31 + 17) % ITEMS) + 1
  const id = lastId
  check((await findAmount(connection, id, text)) === amountOf(id), `another amount for item ${id}`)
  return 1
}

async function findAmount(connection: Connection, id: number, text = POINT_QUERY): Promise<number> {
  const [item, ...more] = await connection.query(text, [id])
  check(item?.id === id && more.length === 0, `not the one item ${id}`)
  return item!.amount as number
}
