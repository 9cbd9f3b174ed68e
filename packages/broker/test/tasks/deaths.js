/** Tasks whose thread ends before they do, in the middle of a transaction. */
import { setTimeout as sleep } from 'node:timers/promises'

const never = new Promise(() => {})

const ends = {
  'an uncaught error'() {
    setImmediate(() => {
      throw new Error('Nobody catches this')
    })
    return never
  },
  'an unhandled rejection'() {
    Promise.reject(new Error('Nobody catches this'))
    return never
  },
  'process.exit()': () => process.exit(3),
  'an end out of memory'() {
    const hoard = []
    const grow = () => {
      for (let count = 0; count < 1000; count++) hoard.push(new Array(100).fill(count))
      setImmediate(grow)
    }
    // In steps: a heap that grows past its limit in one go may end the whole process.
    grow()
    return never
  },
}

export async function dies(how, { db }) {
  await db.query('BEGIN')
  await db.query('CREATE TABLE half_done (id int)')
  await ends[how]()
}

/** Beside `dies` in the same thread: ends with it, in the middle of a query. */
export async function sleeps(_input, { db }) {
  await db.query('SELECT pg_sleep(3600)')
}

export async function diesWhenOthersSleep(_input, { db }) {
  const asleep = "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)' AND state = 'active'"
  while ((await db.query(asleep)).rowCount === 0) await sleep(5)
  process.exit(3)
}

export const looks = async (_input, { db }) =>
  (await db.query("SELECT to_regclass('half_done') AS found, pg_backend_pid() AS pid")).rows[0]
