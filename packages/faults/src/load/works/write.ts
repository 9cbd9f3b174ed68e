import type { Work } from './work.js'

/** One statement that is a transaction by itself. */
export const write: Work = {
  name: 'write',
  weight: 4,
  phases: ['committing', 'committed'],
  rows: 1,
  async run({ db, id, steps }) {
    const { rowCount } = await steps.commits(() => db.query('INSERT INTO ledger (task) VALUES ($1)', [id]))
    return rowCount
  },
  expected: () => 1,
}
