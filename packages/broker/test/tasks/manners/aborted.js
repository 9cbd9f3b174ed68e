/** Tasks that are aborted in the middle of what they do. */
import { once } from 'node:events'
import { threadId } from 'node:worker_threads'

export const echoes = (input) => input

export const threadOf = () => threadId

export const queries = async (text, { db }) => (await db.query(text)).rows[0]

export async function writesAndQueries(text, { db }) {
  await db.query('BEGIN; CREATE TABLE written ()')
  await db.query(text)
}

export const queriesBoth = (text, { database }) =>
  Promise.all(['default', 'replica'].map((name) => database(name).query(text)))

export const queriesInPart = (text, { withConnection }) => withConnection((client) => client.query(text))

const untilAborted = async (signal) => signal.aborted || (await once(signal, 'abort'))

export async function waitsForAbort(_input, { signal }) {
  await untilAborted(signal)
  signal.throwIfAborted()
}

/** Ends well, however it is told to stop. */
export async function endsWell(_input, { signal }) {
  await untilAborted(signal)
  return 'done'
}

export async function reportsReason(_input, { signal, reportProgress }) {
  reportProgress('ready')
  await untilAborted(signal)
  const { name, message, limit } = signal.reason
  reportProgress({ name, message, limit })
}

/** Sees nothing but shared memory. */
export async function computes(_input, { db, throwIfAborted, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress(threadId)
  for (;;) throwIfAborted()
}

export async function neverLooksUp(_input, { db, reportProgress }) {
  await db.query('BEGIN; SELECT 1')
  reportProgress(threadId)
  for (;;);
}

export async function queriesAfterAbort(_input, { signal, database, reportProgress }) {
  reportProgress('ready')
  await untilAborted(signal)
  await database('default')
    .query('SELECT 1')
    .catch(({ code }) => reportProgress(code))
}

/** @param {Int32Array} told is woken when it is about to answer */
export function tellsOfItsEnd(told) {
  Atomics.store(told, 0, 1)
  Atomics.notify(told, 0)
  return 'told'
}

/** @param {Int32Array} begun is set to 1 */
export function neverReturns(begun) {
  Atomics.store(begun, 0, 1)
  for (;;);
}

const set = (cells, index) => {
  Atomics.store(cells, index, 1)
  Atomics.notify(cells, index)
}

/** @param {Int32Array} cells are set when it has begun, and when it is asked to end */
export async function waitsForStop(cells, { signal }) {
  set(cells, 0)
  await untilAborted(signal)
  if (signal.reason.code === 'PGLEASE_EXECUTOR_CLOSED') set(cells, 1)
}

/** @param {Int32Array} cells as above */
export function computesUntilStop(cells, { throwIfAborted }) {
  set(cells, 0)
  try {
    for (;;) throwIfAborted()
  } catch ({ code }) {
    if (code === 'PGLEASE_EXECUTOR_CLOSED') set(cells, 1)
  }
}

/** Hears of no event until the test lets it. */
function computeUntilTold(cells, reportProgress) {
  reportProgress('computes')
  Atomics.wait(cells, 0, 0)
}

const WRITE = 'INSERT INTO written_behind VALUES (1)'

export async function commitsByHand(cells, { db, reportProgress }) {
  await db.query('BEGIN')
  await db.query(WRITE)
  computeUntilTold(cells, reportProgress)
  await db.query('COMMIT')
}

const writeAndCompute = (cells, reportProgress) => async (client) => {
  await client.query(WRITE)
  computeUntilTold(cells, reportProgress)
}

export const endsItsTransaction = (cells, { db, reportProgress }) =>
  db.withTransaction(writeAndCompute(cells, reportProgress))

export const endsAnotherTransaction = (cells, { withTransaction, reportProgress }) =>
  withTransaction(writeAndCompute(cells, reportProgress))

export const endsItALittleLater = (cells, { withTransaction, reportProgress }) =>
  withTransaction(async (client) => {
    await writeAndCompute(cells, reportProgress)(client)
    await new Promise(setImmediate)
  })

export async function writes(cells, { db, reportProgress }) {
  await db.query('SELECT 1')
  computeUntilTold(cells, reportProgress)
  await db.query(WRITE)
}
