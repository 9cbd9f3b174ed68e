/** A plain thread that takes lease after lease, also while the thread of its owner stands still. */
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { withConnection } from '@pglease/client'
import copy from 'pg-copy-streams'
import Cursor from 'pg-cursor'

/** The cells that it shares with its owner: see `Keeper`. */
const [STANDS, DONE, GO_ON] = [0, 1, 2]
const { cells } = workerData

/** Stands still: no lease takes so long that its connection must go back, however busy the machine is. */
let clock = 0
performance.now = () => clock

/** The lease is held: from here on the owner stands still, until `lets`. */
function stopsOwner() {
  parentPort.postMessage('leased')
  Atomics.wait(cells, STANDS, 0)
}

/** The owner may go on. */
function lets() {
  Atomics.store(cells, DONE, 1)
  Atomics.notify(cells, DONE)
}

async function runs(client, statements) {
  let rows
  for (const statement of statements) {
    const { text, values } = typeof statement === 'string' ? { text: statement } : statement
    rows = [await client.query(text, values)].flat().at(-1).rows
  }
  return rows[0]
}

const nextTurn = () => new Promise(setImmediate)

/** Settles a lease that is released in the middle. */
let release
const released = new Promise((resolve) => {
  release = resolve
})

/** The client of the lease that `begins` has begun. */
let current

const functions = {
  /** One lease, which the broker grants. */
  one: (statements, options) => withConnection((client) => runs(client, statements), options),

  /** One lease after another; the owner stands still from within the first to the end of the last. */
  async inARow([first, ...others]) {
    const seen = [
      await withConnection(async (client) => {
        const row = await runs(client, first)
        stopsOwner()
        return row
      }),
    ]
    for (const statements of others) seen.push(await withConnection((client) => runs(client, statements)))
    lets()
    return seen
  },

  /** Two leases; the owner may go on as soon as the second has sent its first query. */
  async thenAnother(first, second, options) {
    await withConnection(async (client) => {
      await runs(client, first)
      stopsOwner()
    })
    return withConnection(async (client) => {
      const row = runs(client, second)
      lets()
      return await row
    }, options)
  },

  /** The same; the second is released in the middle of its query when `releases` is called. */
  async thenHalfOfAnother(first, queries, options) {
    await withConnection(async (client) => {
      await runs(client, first)
      stopsOwner()
    })
    await withConnection(async (client) => {
      for (const query of [queries].flat()) client.query(query).catch(() => {})
      // By then they have been sent.
      await nextTurn()
      lets()
      await released
    }, options)
  },
  releases: () => release(),

  /** Leases one after another; then one that sends its queries one by one and waits for none of them before the next. */
  async thenPipelined(leases, queries) {
    for (const statements of leases) await withConnection((client) => runs(client, statements))
    return withConnection(
      async (client) => {
        const answers = []
        for (const query of queries) {
          answers.push(client.query(query))
          await nextTurn()
        }
        return (await Promise.all(answers)).map(({ rows }) => rows[0])
      },
      { pipeline: true },
    )
  },

  /** A lease; then one whose first query is cancelled in the moment in which it is sent: gives its code, and what comes next. */
  async cancelsAtOnce(first, query) {
    await withConnection((client) => runs(client, first))
    return withConnection(async (client) => {
      const error = client.query(query).catch((error) => error)
      client.cancelQuery()
      const { code } = await error
      return { code, ...(await runs(client, ['SELECT 1 AS one'])) }
    })
  },

  /** A lease; then one that fails in the moment in which it sends its first query: gives the server's process of the first. */
  async failsAtOnce(first, query) {
    const row = await withConnection((client) => runs(client, first))
    const fails = withConnection((client) => {
      client.query(query).catch(() => {})
      throw new Error('It fails')
    })
    await fails.catch(() => {})
    return row
  },

  /** A lease that has failed by the time when it is granted. */
  async failsMeanwhile(query) {
    const fails = withConnection(async (client) => {
      client.query(query).catch(() => {})
      parentPort.postMessage('leased')
      Atomics.wait(cells, GO_ON, 0)
      throw new Error('It fails')
    })
    await fails.catch(() => {})
  },

  /** A lease after which the thread keeps the socket, and then sees no event until it may go on. */
  async keepsAndBlocks(statements) {
    const row = await withConnection(async (client) => {
      const row = await runs(client, statements)
      stopsOwner()
      return row
    })
    lets()
    Atomics.wait(cells, GO_ON, 0)
    return row
  },

  /** A lease within which the thread sees no event until it may go on. */
  async holdsAndBlocks(statements) {
    return withConnection(async (client) => {
      const row = await runs(client, statements)
      parentPort.postMessage('leased')
      Atomics.wait(cells, GO_ON, 0)
      return client.query('SELECT 1').then(
        () => row,
        ({ code }) => ({ ...row, code }),
      )
    })
  },

  /** A lease that is reopened, and ended by the thread's own end in the middle of it. */
  async exitsInAnother(first, second) {
    await withConnection(async (client) => {
      await runs(client, first)
      stopsOwner()
    })
    await withConnection(async (client) => {
      await runs(client, second)
      lets()
      Atomics.wait(cells, GO_ON, 0)
    })
  },

  /** A lease that takes so long by the thread's clock. */
  async takes(millis) {
    await withConnection(async (client) => {
      await client.query('SELECT 1')
      clock += millis
    })
  },

  /** A lease with a query under way at its end. */
  async leaves(query) {
    await withConnection(async (client) => {
      await client.query('SELECT 1')
      client.query(query).catch(() => {})
    })
  },

  /** Cancels one query after another, each at another moment, and runs the next; gives the errors of the next. */
  async cancels(times) {
    const errors = []
    for (let number = 0; number < times; number++) {
      await withConnection(async (client) => {
        await client.query('SELECT 1')
        for (let count = 0; count < 5; count++) {
          const hit = client.query('SELECT pg_sleep(0.002)').catch(() => {})
          for (let turn = 0; turn < number % 4; turn++) await nextTurn()
          client.cancelQuery()
          await hit
          await client.query('SELECT $1::int', [number]).catch(({ message }) => errors.push(message))
        }
        client.query('SELECT pg_sleep(0.002)').catch(() => {})
        client.cancelQuery()
      })
    }
    return errors
  },

  /** Cancels a query when `releases` is called, whose answer comes before the cancel, and runs another. */
  async cancelsLate(slow, next, isAnotherLease) {
    const runsNext = async (client) => {
      const answer = client.query(next)
      parentPort.postMessage('leased')
      return (await answer).rowCount
    }
    const count = await withConnection(async (client) => {
      const answer = client.query(slow)
      await released
      client.cancelQuery()
      await answer
      if (!isAnotherLease) return runsNext(client)
    })
    return isAnotherLease ? withConnection(runsNext) : count
  },

  /** Cancels a query of a lease that is not the thread's first. */
  async cancelsInAnother(first, query) {
    await withConnection(async (client) => {
      await runs(client, first)
      stopsOwner()
    })
    return withConnection(async (client) => {
      const error = client.query(query).catch((error) => error)
      lets()
      await released
      client.cancelQuery()
      const { code } = await error
      return { code, ...(await client.query('SELECT 1 AS one')).rows[0] }
    })
  },

  /** Many leases, each of which checks that its answers are its own and that it finds nothing of another. */
  async many(leases, id) {
    for (let number = 0; number < leases; number++) {
      await withConnection(async (client) => {
        const look = `SELECT $1::text AS mine, nullif(current_setting('my.owner', true), '') AS other`
        const { rows } = await client.query(look, [`${id} ${number}`])
        if (rows[0].mine !== `${id} ${number}` || rows[0].other !== null)
          throw new Error(JSON.stringify(rows))
        await client.query(`SET my.owner = '${id}'`)
      })
      if (number % 7 === 0) await nextTurn()
    }
  },

  /** Begins a lease with a query; resolves with its row once that is answered. */
  begins: (statement, options) =>
    new Promise((resolve, reject) => {
      withConnection(async (client) => {
        current = client
        resolve(await runs(client, [statement]))
        await released
      }, options).catch(reject)
    }),
  /** Statements of that lease, one after another, sent at once where it is pipelined; the rows, or the errors' codes. */
  goesOn: (statements) =>
    Promise.all(
      statements.map((statement) => runs(current, [statement]).catch(({ code, message }) => code ?? message)),
    ),
  /** Reads numbers up to `last` by a cursor of that lease, so many at a time. */
  async reads(last, atATime) {
    const cursor = current.query(new Cursor('SELECT n FROM generate_series(1, $1::int) n', [last]))
    const all = []
    for (let part = await cursor.read(atATime); part.length > 0; part = await cursor.read(atATime)) {
      all.push(...part.map(({ n }) => n))
    }
    await cursor.close()
    return all
  },
  /** The same in a lease of its own, whose first query it is. */
  readsFirst: (last, atATime) =>
    withConnection((client) => {
      current = client
      return functions.reads(last, atATime)
    }),
  /** Copies numbers up to `last` into the table, in so many chunks. */
  async copies(table, last, chunks) {
    const stream = current.query(copy.from(`COPY ${table} FROM STDIN`))
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = Math.floor((last * chunk) / chunks)
      const to = Math.floor((last * (chunk + 1)) / chunks)
      const lines = Array.from({ length: to - from }, (_, at) => `${from + at + 1}\n`).join('')
      if (!stream.write(lines)) await once(stream, 'drain')
      await nextTurn()
    }
    stream.end()
    await finished(stream)
    return stream.rowCount
  },
  /**
   * Has the server cancel the statement, and runs the next; counts the cancels. A server that has not begun the statement
   * ignores one.
   */
  async cancelsThen(statement, next) {
    const answer = runs(current, [statement]).catch(({ code }) => code)
    await nextTurn()
    let code
    let cancels = 0
    for (; code === undefined; cancels++) {
      current.cancelQuery()
      code = await Promise.race([answer, setTimeout(1000)])
    }
    return { code, next: await runs(current, [next]), cancels }
  },
  /** Leaves a statement under way and ends the lease. */
  leavesWith(statement) {
    current.query(statement).catch(() => {})
    release()
  },
  /** Ends in the middle of a statement, without a word. */
  async diesIn(statement) {
    current.query(statement).catch(() => {})
    await nextTurn()
    process.exit(3)
  },

  /** Nothing holds the thread any more. */
  rests: () => parentPort.unref(),
}

parentPort.on('message', async ({ id, name, values }) => {
  try {
    parentPort.postMessage({ id, result: await functions[name](...values) })
  } catch (error) {
    const { message, code } = error
    parentPort.postMessage({ id, error: { message, code } })
  }
})
