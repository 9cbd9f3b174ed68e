/** Tasks that show when a lease is opened and when it is given back. */
const processId = async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

export const takesTheClient = async (_input, { db }) => typeof db.query

export const onlyConnects = (_input, { db }) => db.connect().then(() => 'connected')

export const takesOneClientTwice = (_input, { db, database }) =>
  db === database('default') && db === database('default', {})
export const onlyPrepares = async (_input, { db, database }) => [db, database('default')].length

export const queries = (_input, { db }) => processId(db)

export const queriesTwice = async (_input, { db }) => [await processId(db), await processId(db)]

export async function throwsAfterQuery(message, { db }) {
  await processId(db)
  throw new Error(message)
}

export function throwsAtOnce(message) {
  throw new Error(message)
}

export async function failsInQuery(_input, { db }) {
  await db.query('SELECT 1/0')
}

/** Settles while a query that nobody waits for is under way. */
export async function leavesQueryBehind(_input, { db }) {
  await processId(db)
  db.query('SELECT pg_sleep(3600)').catch(() => {})
  return 'left'
}

/** Settles in the turn of the first query, before that has left the thread. */
export function leavesAtOnce(_input, { db }) {
  db.query('SELECT 1').catch(() => {})
  return 'left'
}

/** Settles in the turn in which the lease is asked for: it is over before the broker has heard of it. */
export async function leavesWhenAsked(_input, { db }) {
  db.query('SELECT 1').catch(() => {})
  await new Promise(setImmediate)
}

export async function releasesEarly(_input, { db }) {
  await processId(db)
  db.release()
  return db.query('SELECT 1').catch(({ code }) => code)
}

export async function releasesTwice(_input, { db }) {
  await processId(db)
  db.release()
  db.release()
}

/** A client that a task keeps is of no use to the next. */
let kept
export async function keeps(_input, { db }) {
  kept = db
  await processId(db)
}
export const usesTheKept = () => kept.query('SELECT 1')

export const leasesBoth = async ([one, other], { database }) => ({
  one: (await database(one).query('SELECT current_user AS name')).rows[0].name,
  other: (await database(other).query('SELECT current_user AS name')).rows[0].name,
})

const settled = (promise) =>
  promise.then(
    () => 'leased',
    ({ code }) => code,
  )

/** Leaves something behind that leases once the task is over. */
let later
export function leavesLeasing(_input, context) {
  later = new Promise(setImmediate).then(() =>
    Promise.all([
      settled(context.db.query('SELECT 1')),
      settled(context.database('other').query('SELECT 1')),
      settled(context.withConnection((client) => client.query('SELECT 1'))),
    ]),
  )
}
export const tellsOfIt = () => later

/** Runs beside another of its kind in the same thread: each holds its lease until both have one. */
const beside = []
export async function holdsBeside(_input, { db }) {
  await db.query('BEGIN')
  await db.query("SET LOCAL application_name = 'mine'")
  const pid = await processId(db)
  await new Promise((resolve) => {
    if (beside.push(resolve) === 2) for (const each of beside) each()
  })
  const { rows } = await db.query(
    "SELECT pg_backend_pid() AS pid, current_setting('application_name') AS name",
  )
  return { pid, after: rows[0] }
}
