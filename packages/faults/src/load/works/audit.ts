import { wrong } from '../plan.js'
import { ACCOUNTS, OPENING_BALANCE } from '../schema.js'
import type { Work } from './work.js'

/** The total stays what it was, whoever transfers meanwhile. */
export const audit: Work = {
  name: 'audit',
  weight: 2,
  phases: ['querying'],
  rows: 0,
  async run({ db, steps }) {
    const { rows } = await steps.during(
      'querying',
      db.query('SELECT sum(balance)::int AS total FROM account'),
    )
    const { total } = rows[0]
    if (total !== ACCOUNTS * OPENING_BALANCE) throw wrong(`The accounts hold ${total} in all`)
    return total
  },
  expected: () => ACCOUNTS * OPENING_BALANCE,
}
