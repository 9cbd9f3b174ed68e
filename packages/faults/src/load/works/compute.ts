import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** Holds its lease while it computes. */
export const compute: Work = {
  name: 'compute',
  weight: 2,
  phases: ['computing'],
  rows: 0,
  async run({ db, random, steps }) {
    const millis = pick(random)
    const { rows } = await db.query('SELECT $1::int AS millis', [millis])
    for (const end = performance.now() + millis; performance.now() < end; );
    await steps.at('computing')
    const { rows: again } = await db.query('SELECT $1::int + 1 AS next', [rows[0].millis])
    if (again[0].next !== millis + 1) throw wrong(`The number behind ${millis} is ${again[0].next}`)
    return millis
  },
  expected: pick,
}

function pick(random: Random): number {
  return random.below(12)
}
