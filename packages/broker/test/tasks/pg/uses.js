/** Runs the uses of a client and of a pool with leased ones. */
import { inspect } from 'node:util'
import { Client, Pool } from '@pglease/client'

/** A value as text with the class of each object, which a clone would lose. */
export const shown = (value) =>
  inspect(value, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity })

export async function usesClient(use, { db, withConnection }) {
  const { clientUses } = await import('./client-uses.js')
  return withConnection(async (other) => shown(await clientUses[use](db, other)))
}

export async function usesPool(use) {
  const { poolUses } = await import('./pool-uses.js')
  const pool = new Pool({ max: 2 })
  const value = shown(await poolUses[use](pool))
  if (!pool.ending) await pool.end()
  return value
}

export async function usesClasses(use) {
  const { classUses } = await import('./class-uses.js')
  return shown(await classUses[use]({ Client, Pool }))
}

/** The counters of a pool, where it hands out one, two, one and none. */
export async function counts() {
  const pool = new Pool({ max: 2 })
  const now = () => [pool.totalCount, pool.idleCount, pool.waitingCount]
  const counts = [now()]
  const first = await pool.connect()
  counts.push(now())
  await first.query('SELECT 1')
  const [second, third] = [await pool.connect(), pool.connect()]
  counts.push(now())
  second.release()
  await third
  counts.push(now())
  first.release()
  ;(await third).release()
  counts.push(now())
  await pool.end()
  return counts
}

/** Of one that has connected, and had an answer. */
export async function processIds(_input, { db }) {
  await db.connect()
  const before = db.processID
  const { rows } = await db.query('SELECT pg_backend_pid() AS pid')
  return { before, after: db.processID, pid: rows[0].pid }
}

/** A query that nobody awaits when its client is released, with promises that are none of JavaScript's. */
export async function leavesOwnPromise(_input, { withConnection }) {
  class Own {
    #promise
    constructor(work) {
      this.#promise = new Promise(work)
    }
    // biome-ignore lint/suspicious/noThenProperty: it is to be awaited
    then(...callbacks) {
      return new Own((resolve, reject) => this.#promise.then(...callbacks).then(resolve, reject))
    }
    catch(callback) {
      return this.then(undefined, callback)
    }
  }
  await withConnection(
    async (client) => {
      client.query('SELECT pg_sleep(3600)')
      client.release(true)
    },
    { Promise: Own },
  )
  await new Promise(setImmediate)
  return 'left'
}

export async function connectsLate(_input, { db }) {
  const query = db.query('SELECT 1 AS one')
  const connected = [await db.connect(), await query]
  return [connected[0] === db, connected[1].rows]
}

export const usesFunctionAsOption = (_input, { withConnection }) =>
  withConnection((client) => client.query('SELECT 1'), { onNotice: () => {} })

/** With pg's own options for a client, wherever a lease is asked for. */
export async function usesOptions(_input, { database, withConnection }) {
  const options = { pipeline: true, binary: true, query_timeout: 50 }
  const types = { getTypeParser: () => () => 'parsed' }
  const ways = {
    database: (use) => use(database('default', options)),
    withConnection: (use) => withConnection(use, options),
    async Pool(use) {
      const pool = new Pool(options)
      const client = await pool.connect()
      const seen = await use(client)
      client.release()
      await pool.end()
      return seen
    },
  }
  const seen = {}
  for (const [way, get] of Object.entries(ways)) {
    seen[way] = await get(async (client) => [
      client.pipeline,
      client.binary,
      (await client.query({ text: 'SELECT 7::int AS n', query_timeout: 60_000 })).rows[0].n,
      await client.query('SELECT pg_sleep(3600)').catch(({ message }) => message),
    ])
  }
  const parsed = await withConnection((client) => client.query('SELECT 1 AS a'), { types })
  return { ...seen, parsed: parsed.rows[0].a }
}
