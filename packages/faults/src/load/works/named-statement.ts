import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** The same names as other tasks use, for other statements. */
export const namedStatement: Work = {
  name: 'named statement',
  weight: 3,
  phases: ['querying'],
  rows: 0,
  async run({ db, random, steps }) {
    const factor = pick(random)
    for (let value = 1; value <= 3; value++) {
      const query = { name: 'mine', text: `SELECT $1::int * ${factor} AS product`, values: [value] }
      const { rows } = await steps.during('querying', db.query(query))
      if (rows[0].product !== value * factor) throw wrong(`${value} times ${factor} is ${rows[0].product}`)
    }
    return factor
  },
  expected: pick,
}

function pick(random: Random): number {
  return random.below(1000)
}
