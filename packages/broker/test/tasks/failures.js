/** Tasks that fail in all the ways that one can, and one that looks at a failure in its thread. */
import { LeaseTimeoutError, PgleaseError, UnknownDatabaseError } from '@pglease/client'
import pg from 'pg'

const CLASSES = { DatabaseError: pg.DatabaseError, LeaseTimeoutError, PgleaseError, UnknownDatabaseError }

class QuotaError extends Error {
  name = 'QuotaError'
  constructor(limit, cause) {
    super(`Over the quota of ${limit}`, { cause })
    this.limit = limit
  }
}

export const failures = {
  'in SQL': (_values, { db }) => db.query('SELECT * FROM nowhere'),
  'by a constraint': (_values, { db }) => db.query('INSERT INTO parents VALUES (1, 1)'),
  'in a function': (_values, { db }) => db.query('SELECT fails()'),
  'on an unknown database': (_values, { database }) => database('nowhere').query('SELECT 1'),
  'waiting for a lease': (_values, { database }) =>
    database('default', { connectionTimeoutMillis: 20 }).query('SELECT 1'),
  'with a wrong option': async (_values, { database }) =>
    database('default', { isolationLevel: 'chaos' }).query('SELECT 1'),
  async 'with an error of its own'() {
    throw new QuotaError(3, new TypeError('The reason', { cause: { number: 42 } }))
  },
  async 'with the error of a query as its cause'(_values, { db }) {
    await db.query('SELECT 1/0').catch((cause) => {
      throw new Error('Cannot divide', { cause })
    })
  },
  'in all of several': (_values, { db }) =>
    Promise.any([db.query('SELECT 1/0'), Promise.reject(new RangeError('Too far'))]),
  'with what is thrown': ({ thrown }) => {
    throw thrown
  },
}

export const fails = async ({ how, ...values }, context) => {
  await failures[how](values, context)
}

/** What the thread itself sees of a failure. */
export async function sees({ how, as }, context) {
  const error = await failures[how]({}, context).catch((each) => each)
  return { isOfClass: error instanceof CLASSES[as], message: error.message, fields: { ...error } }
}
