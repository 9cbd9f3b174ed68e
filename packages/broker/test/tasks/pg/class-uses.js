/** What programs do with the classes of `pg`: the same for those that connect by themselves and for those that lease. */

/** The failure as a value. */
const failure = (promise) =>
  promise.then(
    () => 'no failure',
    ({ name, message }) => ({ name, message }),
  )

const called = (call) => new Promise((resolve) => call((...values) => resolve(values)))

/** As of libraries that were there before promises were. */
class Own extends Promise {}

/** No subclass: it has of a promise what is needed. */
class Thenable {
  #promise
  constructor(work) {
    this.#promise = new Promise(work)
    this.#promise.catch(() => {})
  }
  // biome-ignore lint/suspicious/noThenProperty: it is to be awaited
  then(...callbacks) {
    return new Thenable((resolve, reject) => this.#promise.then(...callbacks).then(resolve, reject))
  }
  catch(callback) {
    return this.then(undefined, callback)
  }
  static resolve(value) {
    return new Thenable((resolve) => resolve(value))
  }
  static reject(error) {
    return new Thenable((_, reject) => reject(error))
  }
}

/** The class of what a call gives, and what comes of it. */
async function seen(answer) {
  const { name } = answer.constructor
  return [
    name,
    await Promise.resolve(answer).then(
      ({ rows } = {}) => rows,
      ({ message }) => message,
    ),
  ]
}

async function answersOf(Client, Answer) {
  const client = new Client({ Promise: Answer })
  const all = [
    await seen(client.connect()),
    await seen(client.connect()),
    await seen(client.query('SELECT 1 AS one')),
    await seen(client.query('SELECT nothing')),
    await seen(client.end()),
    await seen(client.query('SELECT 1')),
    await seen(client.connect()),
    await seen(client.end()),
  ]
  const unused = new Client({ Promise: Answer })
  return [...all, await seen(unused.end()), await seen(unused.query('SELECT 1'))]
}

async function answersOfPool(Pool, Answer) {
  const pool = new Pool({ Promise: Answer, max: 2 })
  const { name } = pool.connect().then((client) => client.release()).constructor
  const query = [await seen(pool.query('SELECT 1 AS one')), await seen(pool.query('SELECT nothing'))]
  const client = await pool.connect()
  query.push(await seen(client.query('SELECT 2 AS two')))
  client.release()
  const ended = [pool.end(), pool.end()].map(seen)
  return [name, ...query, ...(await Promise.all(ended)), await seen(pool.connect())]
}

export const classUses = {
  async 'a connect after the end'({ Client }) {
    const client = new Client()
    await client.connect()
    await client.query('SELECT 1')
    await client.end()
    const answers = [await failure(client.connect()), await failure(client.connect())]
    const [error] = await called((done) => client.connect(done))
    return [...answers, error.message, await failure(client.query('SELECT 1'))]
  },
  async 'a connect after the end, without a query between'({ Client }) {
    const client = new Client()
    await client.connect()
    await client.end()
    return [await failure(client.connect()), await failure(client.query('SELECT 1'))]
  },
  async 'a connect after the end of one that was never connected'({ Client }) {
    const client = new Client()
    await client.end()
    const refused = await failure(client.query('SELECT 1'))
    const connected = (await client.connect()) === client
    const ends = new Promise((resolve) => client.once('end', resolve))
    const answers = [await failure(client.connect()), await failure(client.query('SELECT 1'))]
    await client.end()
    await ends
    return [refused, connected, ...answers, await failure(client.connect()), await client.end()]
  },
  async 'the same with callbacks'({ Client }) {
    const client = new Client()
    await called((done) => client.end(done))
    const [error] = await called((done) => client.connect(done))
    const [again] = await called((done) => client.connect(done))
    await called((done) => client.end(done))
    return [Boolean(error), again.message]
  },
  async 'a connect while the last answers of a pipeline are on their way'({ Client }) {
    const client = new Client({ pipeline: true })
    await client.connect()
    const answers = [1, 2, 3].map((n) => client.query('SELECT pg_sleep(0.01), $1::int AS n', [n]))
    const ended = client.end()
    const refused = await failure(client.connect())
    const rows = (await Promise.all(answers)).map(({ rows }) => rows[0].n)
    await ended
    return [refused, rows]
  },
  'promises of a class of their own': ({ Client }) => answersOf(Client, Own),
  'promises that are not of Promise': ({ Client }) => answersOf(Client, Thenable),
  'promises of a pool of a class of their own': ({ Pool }) => answersOfPool(Pool, Own),
  'promises of a pool that are not of Promise': ({ Pool }) => answersOfPool(Pool, Thenable),
}
