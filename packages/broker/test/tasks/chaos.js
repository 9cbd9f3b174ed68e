/**
 * A thread that takes one lease after another, several at a time, and does all that one can be in the middle of. It
 * tells of each step, so that its owner can end it at any of them; and of whatever it should not have seen.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { withConnection } from '@pglease/client'

const { id, loops } = workerData
let steps = workerData.firstStep

const step = (what) => parentPort.postMessage({ what })
const event = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve))

const ROWS = "SELECT repeat('x', 1000) AS line FROM generate_series(1, 1500)"

const works = [
  async function queries(client) {
    step('querying')
    const { rows } = await client.query('SELECT $1::text AS mine', [id])
    if (rows[0].mine !== id) throw new Error(`${id} got the answer of ${rows[0].mine}`)
  },
  async function transacts(client) {
    await client.query('BEGIN')
    step('in a transaction')
    await client.query('CREATE TEMP TABLE mine (line text); SELECT pg_advisory_lock(hashtext($$mine$$))')
    step('deep in a transaction')
    await client.query('ROLLBACK; SELECT pg_advisory_unlock_all()')
  },
  async function fails(client) {
    await client.query('BEGIN; SELECT 1/0').catch(() => {})
    step('in a failed transaction')
    await client.query('ROLLBACK')
  },
  async function copiesIn(client) {
    await client.query('CREATE TEMP TABLE IF NOT EXISTS copied (line text)')
    const done = client.query('COPY copied FROM STDIN').catch(() => {})
    // Before the client sees it, which has no data to send.
    await new Promise((resolve) => client.connection.prependOnceListener('copyInResponse', resolve))
    step('in a COPY in')
    await done
  },
  async function copiesOut(client) {
    const done = client.query(`COPY (${ROWS}) TO STDOUT`)
    await event(client.connection, 'copyData')
    step('in a COPY out')
    await done
  },
  async function reads(client) {
    const done = client.query(ROWS)
    await event(client.connection, 'dataRow')
    step('in a large result')
    if ((await done).rowCount !== 1500) throw new Error('Rows are missing')
  },
  async function sleeps(client) {
    const done = client.query('SELECT pg_sleep(0.005)')
    step('in a query')
    await done
  },
]

const OWNER = "SELECT nullif(current_setting('chaos.owner', true), '') AS owner"

async function useLease(client) {
  const [found, mine] = [await client.query(OWNER), await client.query(`SET chaos.owner = '${id}'; ${OWNER}`)]
  if (found.rows[0].owner !== null) throw new Error(`${id} sees what ${found.rows[0].owner} left`)
  if (mine[1].rows[0].owner !== id) throw new Error(`${id} shares its connection`)
  await works[steps++ % works.length](client)
  const { rows } = await client.query(OWNER)
  if (rows[0].owner !== id) throw new Error(`${id} lost its connection to ${rows[0].owner}`)
}

async function loop() {
  for (;;) {
    step('waiting')
    await withConnection(useLease)
    step('between')
  }
}

for (let count = 0; count < loops; count++) {
  loop().catch((error) => parentPort.postMessage({ wrong: error.message }))
}
