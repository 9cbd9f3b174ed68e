import { to } from 'pg-copy-streams'
import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** Lines that the server makes, each of which is checked. */
export const copyOut: Work = {
  name: 'copy out',
  weight: 2,
  phases: ['copying out'],
  rows: 0,
  async run({ db, random, steps }) {
    const count = pick(random)
    const source = db.query(to(`COPY (SELECT n, n * 3 FROM generate_series(1, ${count}) AS n) TO STDOUT`))
    let text = ''
    for await (const chunk of source) {
      text += chunk
      await steps.at('copying out')
    }
    const expected = Array.from({ length: count }, (_, at) => `${at + 1}\t${(at + 1) * 3}\n`).join('')
    if (text !== expected)
      throw wrong(`${text.length} bytes were copied, not ${expected.length}, or other ones`)
    return count
  },
  expected: pick,
}

function pick(random: Random): number {
  return 1 + random.below(3000)
}
