import { wrong } from '../plan.js'
import type { Work } from './work.js'

const ROWS = 1500
const QUERY = `SELECT n, repeat(chr(65 + n % 26), 1000) AS line FROM generate_series(1, ${ROWS}) AS n`

/** More than flow control lets pass at a time. */
export const largeRead: Work = {
  name: 'large read',
  weight: 0.5,
  phases: ['querying'],
  rows: 0,
  async run({ db, steps }) {
    const { rows } = await steps.during('querying', db.query(QUERY))
    rows.forEach(({ n, line }, at) => {
      if (n !== at + 1 || line !== String.fromCharCode(65 + (n % 26)).repeat(1000))
        throw wrong(`Row ${at + 1} is ${n}: ${String(line).slice(0, 20)}`)
    })
    return rows.length
  },
  expected: () => ROWS,
}
