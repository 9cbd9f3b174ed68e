/** Tasks with pools, and with clients that they release. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { threadId } from 'node:worker_threads'

/** What is reachable. */
function used() {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

export const threadOf = () => threadId

export const runs = async (text, { pool }) => (await pool().query(text)).rows

export async function queries(_input, { pool }) {
  const all = pool({ max: 2 })
  const results = await Promise.all(
    [1, 2, 3].map((number) => all.query('SELECT $1::int AS number', [number])),
  )
  await all.end()
  return results.map(({ rows }) => rows[0].number)
}

export async function forgetsAClient(_input, { pool }) {
  const client = await pool().connect()
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
}

export function sendsOnly(text, { pool }) {
  pool().query(text)
}

export function sendsThreeInOne(text, { pool }) {
  const one = pool({ max: 1 })
  for (const _ of [1, 2, 3]) one.query(text)
}

export async function runsTwoInOne(text, { pool }) {
  const one = pool({ max: 1 })
  await Promise.all([one.query(text), one.query(text)])
}

/** @param {Int32Array} told becomes 1 when the query is answered, 2 when it is refused */
export function queriesLater(told, { pool }) {
  const late = pool()
  setTimeout(async () => {
    const how = await late.query('SELECT 1').then(
      () => 1,
      () => 2,
    )
    Atomics.store(told, 0, how)
  })
}

export const waits = () => new Promise((resolve) => setTimeout(resolve, 20))

export async function leasesManyTimes(times, { pool, database }) {
  const all = pool()
  await all.query('SELECT 1')
  const before = used()
  for (let count = 0; count < times; count++) {
    await all.query('SELECT 1')
    const client = database('default')
    await client.query('SELECT 1')
    client.release()
  }
  return { clients: all.totalCount, bytes: used() - before }
}

export async function releasesAndGoesOn(_input, context) {
  const numbers = []
  for (const number of [1, 2, 3]) {
    const { db } = context
    numbers.push((await db.query('SELECT $1::int AS number', [number])).rows[0].number)
    db.release()
  }
  return numbers
}

export async function usesAReleasedClient(_input, { db }) {
  await db.query('SELECT 1')
  db.release()
  return db.query('SELECT 1').catch(({ code, message }) => ({ code, message }))
}
