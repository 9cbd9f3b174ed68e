import type { Work } from './work.js'

/** Writes in a transaction that it leaves open: nothing of it may stay. */
export const abandonedWrite: Work = {
  name: 'abandoned write',
  weight: 2,
  phases: ['in a transaction'],
  rows: 0,
  leavesTransaction: true,
  async run({ db, id, steps }) {
    await db.query('BEGIN')
    await db.query('INSERT INTO ledger (task) VALUES ($1)', [id])
    await steps.at('in a transaction')
    return 'abandoned'
  },
  expected: () => 'abandoned',
}
